"""How the command line talks: data to standard output, talk and progress to standard error."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli.printable import printable
from adaptstilts.cli.streams import enduring, whole_unicode
from adaptstilts.errors import redact
from adaptstilts.listeners import heard_by, listening
from adaptstilts.numerals import duration

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from adaptstilts.launch.front import Event

PLAIN_SECONDS = 10.0
"""How often a log that is no terminal gets a progress line."""


def leads() -> bool:
    """Whether this is the one process that talks, of those that `accelerate launch` or `torchrun` started."""
    return os.environ.get("RANK", "0") == "0"


class _Talk(logging.Handler):
    """Talk on standard error, a line a message."""

    def emit(self, record: logging.LogRecord) -> None:
        echo(record.getMessage(), err=True)


def talk(quiet: bool = False) -> None:
    """Have what the package says on standard error until this command ends; nothing at all when quiet."""
    if not quiet and leads():
        click.get_current_context().with_resource(heard_by(_Talk()))


@contextlib.contextmanager
def told_as_events() -> Iterator[None]:
    """No talk while a run goes on: it makes events of what is said, and who shows these shows all."""
    talks = [handler for handler in listening() if isinstance(handler, _Talk)]
    for handler in talks:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler in talks:
            handler.setLevel(logging.NOTSET)


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Say a text on standard output, or standard error, as a terminal may have it."""
    click.echo(printable(text), err=err, nl=nl)


def complain(lines: Iterable[str]) -> None:
    """Tell what is not as it should be, a line each, even when quiet."""
    for line in lines:
        echo(line, err=True)


def typed() -> str:
    """The command as it was typed, without secrets."""
    return redact(shlex.join(["adaptstilts", *sys.argv[1:]]))


def tell(event: Event) -> None:
    """Talk about a run as it goes; a failure is told by the error that the command ends with."""
    if event.what == "started":
        echo(f"{event.title} [{event.key}]", err=True)
    elif event.what in ("said", "warned"):
        echo(f"  {event.text}", err=True)


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
        self._what, self._done, self._total, self._told = "", 0, 0, 0.0
        self._first: tuple[int, float] | None = None

    def start(self, total: int, what: str) -> None:
        self.stop()
        self._what, self._done, self._total = printable(what), 0, total
        self._first, self._told = None, time.monotonic()
        if self._live and not self._quiet:
            self._rich = _rich_progress()
            self._rich.start()
            self._task = self._rich.add_task(self._what, total=total, note="")

    def advance(self, n: int = 1, note: str = "") -> None:
        self._done += n
        if self._rich is not None and self._task is not None:
            self._rich.update(self._task, advance=n, note=printable(note))
        elif not self._quiet:
            self._tell(note, time.monotonic())

    def _tell(self, note: str, now: float) -> None:
        """A line every PLAIN_SECONDS; time is counted from the first news on, which of a resumed training is how far it was."""
        if self._first is None:
            self._first = (self._done, now)
        if now - self._told < PLAIN_SECONDS:
            return
        done, since = self._first
        left = (now - since) / (self._done - done) * (self._total - self._done) if self._done > done else None
        more = [note] * bool(note) + ([f"{duration(left)} left"] if left is not None else [])
        self._told = now
        echo(f"  {self._what}: {self._done}/{self._total}{' ' if more else ''}{', '.join(more)}", err=True)

    def stop(self) -> None:
        if self._rich is not None:
            self._rich.stop()
            self._rich = self._task = None


def _rich_progress() -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from adaptstilts.cli.terminal import console

    return Progress(
        TextColumn("  {task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console(err=True),
        transient=True,
    )


def print_json(value: Any) -> None:
    """JSON on standard output, letters as they are where its encoding has them all."""
    echo(json.dumps(value, indent=1, ensure_ascii=not whole_unicode(sys.stdout)))


@contextlib.contextmanager
def json_lines() -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A way to write one JSON object a line to standard output; what libraries print meanwhile goes to standard error."""
    sys.stdout.flush()
    own = os.dup(1)
    try:
        with enduring(own, encoding="utf-8", by_line=True) as stream:
            os.dup2(2, 1)
            yield lambda value: print(printable(json.dumps(value, ensure_ascii=False)), file=stream)
    finally:
        sys.stdout.flush()
        os.dup2(own, 1)
        os.close(own)
