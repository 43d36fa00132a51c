"""A report from start to finish: frame, verdict, figures, and the files that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from adaptstilts.errors import EnvironmentProblem, InputError, UnknownName
from adaptstilts.files import write_whole
from adaptstilts.listeners import Speaker
from adaptstilts.plan.sweeps.registration import design_digest
from adaptstilts.report.caveats import generated, unlearnt_in
from adaptstilts.report.drawing.gallery import Shown, gallery, save
from adaptstilts.report.figures import in_order
from adaptstilts.report.frame import Frame, read_frame
from adaptstilts.report.frame.selection import records
from adaptstilts.report.overview.page import FILE, controls, heads, linking, overview
from adaptstilts.report.rescore import Rescored, rescore
from adaptstilts.report.verdict import Verdict, verdict
from adaptstilts.report.verdict.grounds import counts, looks_of
from adaptstilts.store import chain
from adaptstilts.store.registration import registered
from adaptstilts.store.store import Store

log = Speaker(__name__)

FORMATS = ("html", "pdf", "latex", "csv")
"""A page; figures as PDF and PNG; tables for a paper; the numbers behind each figure."""


@dataclass(frozen=True)
class Report:
    """What a report found and the files it wrote."""

    frame: Frame
    verdict: Verdict
    figures: tuple[Shown, ...]
    files: tuple[Path, ...]
    rescored: Rescored | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        figures = [shown.as_dict() for shown in self.figures]
        files, unlearnt = [str(path) for path in self.files], [f"{what} {why}" for what, why in unlearnt_in(self.frame)]
        told = {"verdict": self.verdict.as_dict(), "unlearnt": unlearnt, "figures": figures, "files": files}
        made = {"rescored": asdict(self.rescored)} if self.rescored else {}
        return {**told, **made, "problems": list(self.frame.problems)}


def report(
    store: Path,
    folder: Path | None = None,
    *,
    sweep: str | None = None,
    formats: Sequence[str] = ("html",),
    figures: Iterable[str] = (),
    command: str = "",
    verify: int = 0,
    seed: int = 0,
) -> Report:
    """Write the report of a store (of its sweep called `sweep`) into `folder`, by default `report/` in the store.

    Every score is counted again from its predictions first, and `verify` of them, chosen by `seed`, are made again from weights.
    Of a registered sweep that is not done the journal keeps that it was looked at. `figures` are numbers or names, all where none
    is given. Raises UnknownName for formats, figures and sweeps, InputError for a store without any finished transfer,
    EnvironmentProblem where files cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise UnknownName("format", name, FORMATS, where="--format")
    numbers = [_number(name) for name in figures]
    frame = read_frame(store, sweep, examine=True)
    if frame.transfers.empty:
        do = "Name a folder that `adaptstilts sweep` or a composition's verb has filled (runs, unless --out said otherwise)."
        raise InputError("no finished transfer in this store", where=str(store), do=do)
    frame, made = _looked_at(frame), rescore(frame, verify, seed) if verify else None
    if made:
        frame = replace(
            frame, examination=replace(frame.examination, rescored=len(made.titles), unlike=len(made.unlike))
        )
    told, place = verdict(frame), folder or store / "report"
    shown = gallery(frame, told, numbers)
    drawn = [(each, save(each, place / "figures", formats)) for each in shown]
    files = [path for _, paths in drawn for path in paths]
    if "latex" in formats:
        files += _tables(frame, told, place)
    if "html" in formats:
        files.insert(0, write_whole(place / FILE, overview(frame, told, drawn, place, command)))
    return Report(frame, told, tuple(shown), tuple(files), made)


def _looked_at(frame: Frame) -> Frame:
    """Have the journal keep that results of a registered sweep are looked at before it is done; the frame with the journal as it is then.

    Results that were looked at before are no new look.
    """
    plan = registered(frame.store)
    if plan is None or plan.cells != design_digest(frame.planned):
        return frame
    done, planned = counts(frame, plan)
    last = [look.told["done"] for look in looks_of(frame.examination.journal, plan)][-1:]
    if not 0 < done < planned or last == [done]:
        return frame
    try:
        chain.append(frame.store, "look", sweep=plan.sweep, plan=plan.digest, done=done, planned=planned)
    except (EnvironmentProblem, OSError) as error:
        log.info(f"the journal could not keep that results were looked at: {error}")
        return frame
    return replace(frame, examination=replace(frame.examination, journal=chain.own_chain(frame.store)))


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
