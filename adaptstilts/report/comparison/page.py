"""A comparison of runs as tables, and as one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from markupsafe import Markup

from adaptstilts.files import write_whole
from adaptstilts.numerals import number, percent, signed
from adaptstilts.report.comparison.compare import LOST, Comparison, Line
from adaptstilts.report.drawing.inline import inline
from adaptstilts.report.drawing.sheet import BLUE, INK, LINE, QUIET, Sheet, settle, style
from adaptstilts.report.overview.grids import Grid, TableRow, row
from adaptstilts.report.overview.page import linking
from adaptstilts.report.templates import template
from adaptstilts.statistics.paired_bootstrap import BootstrapInterval
from adaptstilts.store.store import Store

TOLD = (
    "Scores in per cent over the rows that all runs have; points lost are clean minus attacked. Differences are points with 95 % "
    "intervals, each by itself (paired bootstrap over rows, 2,000 draws; a row's translations are drawn together)."
)


def write_comparison(file: Path, found: Comparison, store: Store, command: str = "") -> Path:
    """Write the page, whole or not at all, and return its path; EnvironmentProblem if it cannot be written."""
    return write_whole(file, page(found, store, file.parent, command))


def page(found: Comparison, store: Store, folder: Path, command: str = "") -> str:
    """The HTML of a page in `folder`; every text that comes from a record is escaped."""
    first = found.runs[0]
    link = linking(store.root, folder)
    return template("compare.html.j2").render(
        title=f"Runs side by side: {first.target}",
        limits=found.bounds,
        runs=[(name, run, link(run.key)) for name, run in zip(found.letters, found.runs, strict=True)],
        drawings=[_drawn(found, place) for place in range(1, len(found.runs))],
        tables=grids(found),
        notes=found.notes,
        command=command,
        version=version("adaptstilts"),
    )


def grids(found: Comparison) -> list[Grid]:
    """The table over languages, and the one language by language."""
    first, *others = found.letters
    headings = ("rows", *found.letters, *(f"{name} - {first}" for name in others))
    abroad = set(found.by_language) - set(found.sources)
    where = f"mean over languages without {', '.join(found.sources)}" if abroad else ", ".join(found.by_language)
    whole = Grid(
        "whole", "Clean and attacked", f"{found.metric}, {where}. {TOLD}", ("", *headings),
        [row(line.name, *_cells(line)) for line in found.lines], (0,),
    )  # fmt: skip
    apart = Grid("languages", "Language by language", TOLD, ("language", "", *headings), _by_language(found), (0, 1))
    return [whole, apart]


def _by_language(found: Comparison) -> Sequence[TableRow]:
    return [
        row(language, line.name, *_cells(line), language=language)
        for language, lines in found.by_language.items()
        for line in lines
    ]


def _cells(line: Line) -> list[str]:
    return [number(line.n), *map(percent, line.values), *map(spelt, line.differences)]


def spelt(found: BootstrapInterval) -> str:
    """A difference of shares in points with its interval."""
    return f"{signed(100 * found.value, 1)} [{signed(100 * found.low, 1)}, {signed(100 * found.high, 1)}]"


def _drawn(found: Comparison, place: int) -> Markup:
    """Every difference of a run from the first, with its interval."""
    first, name = found.letters[0], found.letters[place]
    title = f"{name} minus {first}, points"
    with style():
        sheet = Sheet([title], size=(6.4, 1.0 + 0.3 * len(found.lines)))
        ax = sheet.axes[title]
        ax.axvline(0, color=QUIET, linewidth=0.8)
        for height, line in enumerate(found.lines):
            told = line.differences[place - 1]
            colour = INK if line.name.endswith(LOST) else BLUE
            sheet.bar(title, line.name, height, 100 * told.low, 100 * told.high, 100 * told.value, color=colour)
        ax.set_yticks(range(len(found.lines)), [line.name for line in found.lines])
        ax.set_ylim(len(found.lines) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0, labelcolor=INK)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x", color=LINE, linewidth=0.5)
        settle(sheet.canvas)
        said = "; ".join(f"{line.name} {spelt(line.differences[place - 1])}" for line in found.lines)
        return inline(sheet.canvas, f"compare-{place}", title, f"{said}.")
