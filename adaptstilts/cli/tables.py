"""Tables on standard output: rows under headings, and a cell's scores; wide cells wrap in a terminal and are never cut."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from adaptstilts.cli.console import print_json
from adaptstilts.cli.printable import Printable, printable
from adaptstilts.numerals import percent, plain

if TYPE_CHECKING:
    from adaptstilts.report.cell.table import Table


def print_found(
    found: Any, headings: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", *, as_json: bool
) -> None:
    """What was found as JSON, or `rows` of it as a table."""
    if as_json:
        print_json(found)
    else:
        print_rows(headings, rows, title)


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A plain table on standard output. Empty headings are left out."""
    grid = _grid(headings)
    grid.show_header = any(headings)
    for row in rows:
        grid.add_row(*map(escape, row))
    _print(title, grid)


def print_table(table: Table) -> None:
    """A cell in per cent on standard output: scores by language and attack, what each attack did, challenge sets, checks, notes.

    What an attack took away more than a third of is red.
    """
    _print(f"{table.title}   {table.metric}, %; {table.exposure} test data", _scores(table))
    if table.attacks:
        _print(f"attacks, mean without {table.source}", _attacks(table))
    if table.challenges:
        _print("challenge sets", _challenges(table))
    for benchmark in table.benchmarks:
        _say(f"  {benchmark.said}")
    for check in table.checks:
        _say(f"  {check.said}", style="red" if check.holds == "no" else None)
    for note in table.notes:
        _say(f"  {note}", style="yellow")


def _grid(texts: Sequence[str] = (), numbers: Sequence[str] = ()) -> Grid:
    """A grid without rows, by the headings of its columns: texts stand left, numbers right."""
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in texts:
        grid.add_column(escape(heading))
    for heading in numbers:
        grid.add_column(escape(heading), justify="right")
    return grid


def _print(title: str, grid: Grid) -> None:
    """A grid under its title, which is not wrapped to the grid's width."""
    if title:
        _say(title, style="italic")
    _console().print(Printable(grid))


def _say(text: str, style: str | None = None) -> None:
    _console().print(printable(text), style=style, highlight=False, markup=False)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 140)


def _scores(table: Table) -> Grid:
    """Scores by language, clean and under each attack."""
    grid = _grid(("language",), table.columns)
    for column in ("chance", "n"):
        grid.add_column(column, justify="right", style="dim")
    for language, scores in table.scores.items():
        note = " (trained)" if language == table.source else ""
        facts = (percent(table.majority[language]), str(table.n[language]))
        grid.add_row(f"{escape(language)}{note}", *_cells(table.columns, scores), *facts)
    grid.add_section()
    grid.add_row(f"mean without {table.source}", *_cells(table.columns, table.mean), "", "", style="bold")
    if table.source in table.scores and len(table.scores) > 1:
        every = [percent(table.every[column]) for column in table.columns]
        grid.add_row(f"mean with {table.source}", *every, "", "", style="dim")
    if table.attacks:
        clean = [percent(table.clean[column]) for column in table.columns[1:]]
        grid.add_row("the same rows, clean", "", *clean, "", "", style="dim")
    rows = (str(table.rows[column]) for column in table.columns)
    grid.add_row("most rows in a language", *rows, "", "", style="dim")
    return grid


def _attacks(table: Table) -> Grid:
    """What each attack did, over the languages other than the source."""
    measured = ("reached", "clean", "attacked", "worst case", "success rate", "queries")
    edited = ("edit rate", "survival", "unknown", "blank")
    grid = _grid(("attack",), (*measured, *edited))
    for attack in table.attacks:
        total, moved = attack.total, attack.radius is not None
        shares = (total.clean, total.attacked, total.worst_case, total.success_rate)
        queries = plain(total.queries, 1)
        did = [percent(share) for share in (total.edit_rate, total.survival, total.unknown, total.blank)]
        edits = (f"radius {attack.radius}", "no text", "", "") if moved else did
        grid.add_row(escape(attack.name), f"{total.reached} of {total.n}", *map(percent, shares), queries, *edits)
    return grid


def _challenges(table: Table) -> Grid:
    """Each challenge set in its own languages and metric."""
    grid = _grid()
    for column in ("set", "language", "n", "metric", "score", "chance", "test data"):
        grid.add_column(column, justify="left" if column in ("set", "language", "metric", "test data") else "right")
    for found in table.challenges:
        for line in found.lines:
            numbers = (percent(line.score), percent(line.chance))
            grid.add_row(escape(found.name), escape(line.language), str(line.n), found.metric, *numbers, found.exposure)
        if found.mean is not None:
            language = f"mean without {table.source}"
            grid.add_row(escape(found.name), language, "", found.metric, percent(found.mean), "", "", style="bold")
    return grid


def _cells(columns: Sequence[str], scores: Any) -> list[str]:
    clean = scores[columns[0]]
    return [_cell(scores[column], clean) for column in columns]


def _cell(score: float | None, clean: float | None) -> str:
    lost = score is not None and clean and score < clean * 2 / 3
    return f"[red]{percent(score)}[/red]" if lost else percent(score)
