"""How the command line talks: data to standard output, talk and progress to standard error."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.numerals import percent, plain
from adaptstilts.talk import heard_by

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from rich.table import Table as Grid

    from adaptstilts.launch.front import Event
    from adaptstilts.report.cell.table import Table

PLAIN_SECONDS = 10.0
"""How often a log that is no terminal gets a progress line."""


def leads() -> bool:
    """Whether this is the one process that talks, of those that `accelerate launch` or `torchrun` started."""
    return os.environ.get("RANK", "0") == "0"


class _Talk(logging.Handler):
    """Talk on standard error, a line a message."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(record.getMessage(), err=True)


def talk(quiet: bool = False) -> None:
    """Have what the package says on standard error until this command ends; nothing at all when quiet."""
    if not quiet and leads():
        click.get_current_context().with_resource(heard_by(_Talk()))


@contextlib.contextmanager
def told_as_events() -> Iterator[None]:
    """No talk while a run goes on: it makes events of what is said, and who shows these shows all."""
    talks = [handler for handler in logging.getLogger("adaptstilts").handlers if isinstance(handler, _Talk)]
    for handler in talks:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler in talks:
            handler.setLevel(logging.NOTSET)


def tell(event: Event) -> None:
    """Talk about a run as it goes."""
    if event.what == "started":
        click.echo(f"{event.title} [{event.key}]", err=True)
    elif event.what == "said":
        click.echo(f"  {event.text}", err=True)
    elif event.what == "failed":
        click.echo(f"failed: {event.title}: {event.text}", err=True)


def hush(quiet: bool) -> None:
    """Keep the Hub's client from drawing progress bars where nothing is to be said."""
    if quiet or not leads():
        from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

        disable_progress_bars()


class ProgressBar:
    """Progress of one piece of work at a time: a live bar in a terminal, a line now and then elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet, self._live = quiet or not leads(), sys.stderr.isatty()
        self._rich: Progress | None = None
        self._task: TaskID | None = None
        self._what, self._done, self._total, self._told, self._began = "", 0, 0, 0.0, 0.0

    def start(self, total: int, what: str) -> None:
        self.stop()
        self._what, self._done, self._total = what, 0, total
        self._began = self._told = time.monotonic()
        if self._live and not self._quiet:
            self._rich = _rich_progress()
            self._rich.start()
            self._task = self._rich.add_task(what, total=total, note="")

    def advance(self, n: int = 1, note: str = "") -> None:
        self._done += n
        if self._rich is not None and self._task is not None:
            self._rich.update(self._task, advance=n, note=note)
        elif not self._quiet and time.monotonic() - self._told >= PLAIN_SECONDS:
            self._told = time.monotonic()
            left = (self._told - self._began) / self._done * (self._total - self._done)
            click.echo(f"  {self._what}: {self._done}/{self._total} {note} ({left:.0f} s left)", err=True)

    def stop(self) -> None:
        if self._rich is not None:
            self._rich.stop()
            self._rich = self._task = None


def _rich_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("  {task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        transient=True,
    )


def print_json(value: Any) -> None:
    """JSON on standard output, letters as they are."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False))


@contextlib.contextmanager
def json_lines() -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A way to write one JSON object a line to standard output; what libraries print meanwhile goes to standard error."""
    sys.stdout.flush()
    own = os.dup(1)
    try:
        with os.fdopen(own, "w", encoding="utf-8", buffering=1, closefd=False) as stream:
            os.dup2(2, 1)
            yield lambda value: print(json.dumps(value, ensure_ascii=False), file=stream)
    finally:
        sys.stdout.flush()
        os.dup2(own, 1)
        os.close(own)


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A plain table on standard output; wide cells wrap in a terminal and are never cut. Empty headings are left out."""
    from rich.markup import escape

    grid = _grid()
    grid.show_header = any(headings)
    for heading in headings:
        grid.add_column(escape(heading))
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
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
    console = _console()
    for benchmark in table.benchmarks:
        console.print(f"  {benchmark.said}", highlight=False, markup=False)
    for check in table.checks:
        console.print(f"  {check.said}", style="red" if check.holds == "no" else None, highlight=False, markup=False)
    for note in table.notes:
        console.print(f"  {note}", style="yellow", highlight=False, markup=False)


def _grid() -> Grid:
    from rich import box
    from rich.table import Table as Grid

    return Grid(box=box.SIMPLE_HEAD, pad_edge=False)


def _print(title: str, grid: Grid) -> None:
    """A grid under its title, which is not wrapped to the grid's width."""
    console = _console()
    if title:
        console.print(title, style="italic", highlight=False, markup=False)
    console.print(grid)


def _scores(table: Table) -> Grid:
    """Scores by language, clean and under each attack."""
    from rich.markup import escape

    grid = _grid()
    grid.add_column("language")
    for column in table.columns:
        grid.add_column(escape(column), justify="right")
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
    from rich.markup import escape

    grid = _grid()
    grid.add_column("attack")
    for column in ("reached", "clean", "attacked", "worst case", "success rate", "queries", "edit rate", "survival"):
        grid.add_column(column, justify="right")
    for attack in table.attacks:
        total, moved = attack.total, attack.radius is not None
        shares = (total.clean, total.attacked, total.worst_case, total.success_rate)
        queries = plain(total.queries, 1)
        edits = (f"radius {attack.radius}", "no text") if moved else (percent(total.edit_rate), percent(total.survival))
        grid.add_row(escape(attack.name), f"{total.reached} of {total.n}", *map(percent, shares), queries, *edits)
    return grid


def _challenges(table: Table) -> Grid:
    """Each challenge set in its own languages and metric."""
    from rich.markup import escape

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
    text = percent(score)
    if score is None:
        return text
    return f"[red]{text}[/red]" if clean and score < clean * 2 / 3 else text


def _console() -> Any:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 140)
