"""A report from start to finish: frame, verdict, figures, and the files that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts.errors import InputError, UnknownName
from adaptstilts.files import write_whole
from adaptstilts.report.caveats import generated, unlearnt_in
from adaptstilts.report.drawing.gallery import Shown, gallery, save
from adaptstilts.report.figures import in_order
from adaptstilts.report.frame import Frame, read_frame
from adaptstilts.report.frame.selection import records
from adaptstilts.report.overview.page import FILE, controls, heads, linking, overview
from adaptstilts.report.verdict import Verdict, verdict
from adaptstilts.store.store import Store

FORMATS = ("html", "pdf", "latex", "csv")
"""A page; figures as PDF and PNG; tables for a paper; the numbers behind each figure."""


@dataclass(frozen=True)
class Report:
    """What a report found and the files it wrote."""

    frame: Frame
    verdict: Verdict
    figures: tuple[Shown, ...]
    files: tuple[Path, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        figures = [shown.as_dict() for shown in self.figures]
        files, unlearnt = [str(path) for path in self.files], [f"{what} {why}" for what, why in unlearnt_in(self.frame)]
        told = {"verdict": self.verdict.as_dict(), "unlearnt": unlearnt, "figures": figures, "files": files}
        return {**told, "problems": list(self.frame.problems)}


def report(
    store: Path,
    folder: Path | None = None,
    *,
    sweep: str | None = None,
    formats: Sequence[str] = ("html",),
    figures: Iterable[str] = (),
    command: str = "",
) -> Report:
    """Write the report of a store (of its sweep called `sweep`) into `folder`, by default `report/` in the store.

    `figures` are numbers or names, all where none is given. Raises UnknownName for formats, figures and sweeps, InputError
    for a store without any finished transfer, EnvironmentProblem where files cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise UnknownName("format", name, FORMATS, where="--format")
    numbers = [_number(name) for name in figures]
    frame = read_frame(store, sweep)
    if frame.transfers.empty:
        do = "Name a folder that `adaptstilts sweep` or a composition's verb has filled (runs, unless --out said otherwise)."
        raise InputError("no finished transfer in this store", where=str(store), do=do)
    told, place = verdict(frame), folder or store / "report"
    shown = gallery(frame, told, numbers)
    drawn = [(each, save(each, place / "figures", formats)) for each in shown]
    files = [path for _, paths in drawn for path in paths]
    if "latex" in formats:
        files += _tables(frame, told, place)
    if "html" in formats:
        files.insert(0, write_whole(place / FILE, overview(frame, told, drawn, place, command)))
    return Report(frame, told, tuple(shown), tuple(files))


def _number(name: str) -> int:
    """The number of a figure that is named or numbered; UnknownName."""
    for figure in in_order():
        if name in (figure.name, str(figure.number)):
            return figure.number
    raise UnknownName("figure", name, [f"{figure.number} ({figure.name})" for figure in in_order()], where="--figure")


def _tables(frame: Frame, told: Verdict, folder: Path) -> list[Path]:
    """Tables for a paper, those that have lines."""
    from adaptstilts.report.overview.latex import save_tabular
    from adaptstilts.report.overview.published import comparison
    from adaptstilts.report.overview.tables import by_dose, by_language, challenges

    link, first = linking(frame.store, folder), frame.clean.iloc[:1]
    store = Store(frame.store)
    pocket = any(generated(store.score(row.score)) for row in records(first))
    made = [by_dose(frame, link), by_language(frame, link), challenges(frame, link), heads(told), controls(told)]
    made.append(comparison(frame, link, generated=pocket))
    return [
        save_tabular(table, folder / "tables", without=("source",) if table.name == "published" else ())
        for table in made
        if table.lines
    ]
