"""How the command line talks: data to standard output, talk and progress to standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from adaptstilts.report.cell import Table

PLAIN_SECONDS = 10.0
"""How often a log that is no terminal gets a progress line."""


class Talk:
    """Talk on standard error; nothing at all when quiet."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet

    def say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, err=True)


class Bar:
    """Progress of one piece of work at a time: a live bar in a terminal, a line now and then elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet, self._live = quiet, sys.stderr.isatty()
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


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A plain table on standard output; wide cells wrap in a terminal and are never cut."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table as Grid

    grid = Grid(*headings, title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
    _console().print(grid)


def print_table(table: Table) -> None:
    """Scores in per cent by language and attack on standard output; what an attack took away more than a third of is red."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table as Grid

    grid = Grid(
        title=escape(f"{table.title}   {table.metric}, %"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    grid.add_column("language")
    for column in table.columns:
        grid.add_column(column, justify="right")
    grid.add_column("chance", justify="right", style="dim")
    for language, scores in table.scores.items():
        note = " (trained)" if language == table.source else ""
        grid.add_row(f"{language}{note}", *_cells(table.columns, scores), f"{100 * table.majority[language]:.1f}")
    grid.add_section()
    mean = _cells(table.columns, table.mean)
    grid.add_row(f"mean without {table.source}", *mean, "", style="bold")
    if table.columns[1:]:
        clean = [_percent(table.clean[column]) for column in table.columns[1:]]
        grid.add_row("the same rows, clean", "", *clean, "", style="dim")
    grid.add_row("rows a language", *(str(table.rows[column]) for column in table.columns), "", style="dim")
    console = _console()
    console.print(grid)
    for note in table.notes:
        console.print(f"  {note}", style="yellow", highlight=False, markup=False)


def _cells(columns: Sequence[str], scores: Any) -> list[str]:
    clean = scores[columns[0]]
    return [_cell(scores[column], clean) for column in columns]


def _cell(score: float | None, clean: float | None) -> str:
    text = _percent(score)
    if score is None:
        return text
    return f"[red]{text}[/red]" if clean and score < clean * 2 / 3 else text


def _percent(score: float | None) -> str:
    return "n/a" if score is None else f"{100 * score:.1f}"


def _console() -> Any:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 140)
