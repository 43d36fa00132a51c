"""Tables on standard output: rows under headings, and a cell's scores; what is too wide goes on below and nothing is cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from adaptstilts.cli.console import print_json
from adaptstilts.cli.printable import Printable, printable
from adaptstilts.cli.terminal import Listing, console
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


def print_rows(
    headings: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", numbers: Iterable[int] = ()
) -> None:
    """A plain table on standard output, some columns of it `numbers`, by place. Empty headings are left out."""
    found = Listing(headings, frozenset(numbers))
    for row in rows:
        found.add(*row)
    _print(title, found)


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


def _print(title: str, table: Listing) -> None:
    """A table under its title, which is not wrapped to the table's width, in parts if it is wider than what it goes to."""
    if title:
        _say(title, style="italic")
    place = console()
    for grid in table.grids(place.width):
        place.print(Printable(grid))


def _say(text: str, style: str | None = None) -> None:
    console().print(printable(text), style=style, highlight=False, markup=False)


def _scores(table: Table) -> Listing:
    """Scores by language, clean and under each attack."""
    headings = ("language", *table.columns, "chance", "n")
    count = len(headings)
    found = Listing(headings, numbers=frozenset(range(1, count)), dim=frozenset((count - 2, count - 1)))
    for language, scores in table.scores.items():
        note = " (trained)" if language == table.source else ""
        gone = {column for column in table.columns if language in table.gaps[column]}
        cells = ["–" if c in gone else _cell(scores[c], scores[table.columns[0]]) for c in table.columns]
        found.add(f"{language}{note}", *cells, percent(table.majority[language]), str(table.n[language]))
    found.section()
    means = [_cell(table.mean[column], table.mean[table.columns[0]]) for column in table.columns]
    found.add(f"mean without {table.source}", *means, style="bold")
    if table.source in table.scores and len(table.scores) > 1:
        found.add(f"mean with {table.source}", *(percent(table.every[c]) for c in table.columns), style="dim")
    if table.attacks:
        found.add("the same rows, clean", "", *(percent(table.clean[c]) for c in table.columns[1:]), style="dim")
    found.add("most rows in a language", *(str(table.rows[column]) for column in table.columns), style="dim")
    return found


def _attacks(table: Table) -> Listing:
    """What each attack did, over the languages other than the source."""
    measured = ("reached", "clean", "attacked", "worst case", "success rate", "queries")
    headings = ("attack", *measured, "edit rate", "survival", "unknown", "blank")
    found = Listing(headings, numbers=frozenset(range(1, len(headings))))
    for attack in table.attacks:
        total, moved = attack.total, attack.radius is not None
        shares = (total.clean, total.attacked, total.worst_case, total.success_rate)
        queries = plain(total.queries, 1)
        did = [percent(share) for share in (total.edit_rate, total.survival, total.unknown, total.blank)]
        edits = (f"radius {attack.radius}", "no text") if moved else did
        found.add(attack.name, f"{total.reached} of {total.n}", *map(percent, shares), queries, *edits)
    return found


def _challenges(table: Table) -> Listing:
    """Each challenge set in its own languages and metric."""
    found = Listing(("set", "language", "n", "metric", "score", "chance", "test data"), numbers=frozenset((2, 4, 5)))
    for told in table.challenges:
        for line in told.lines:
            numbers = (percent(line.score), percent(line.chance))
            found.add(told.name, line.language, str(line.n), told.metric, *numbers, told.exposure)
        if told.mean is not None:
            language = f"mean without {table.source}"
            found.add(told.name, language, "", told.metric, percent(told.mean), style="bold")
    return found


def _cell(score: float | None, clean: float | None) -> Text:
    lost = score is not None and clean and score < clean * 2 / 3
    return Text(percent(score), style="red" if lost else "")
