"""How a sweep shows itself while it runs: one live view in a terminal, plain lines elsewhere, or events as JSON."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adaptstilts.cli.console import echo, json_lines, leads
from adaptstilts.cli.printable import Printable, printable
from adaptstilts.launch.front import Event
from adaptstilts.numerals import duration

if TYPE_CHECKING:
    from rich.live import Live

LINES = 8
"""How many running steps the live view names."""


class Tally:
    """What has happened in a run so far, and how long the rest will take.

    `expected` are seconds by key, where a plan has estimated them; else a step will take as long as the mean of those of its
    kind that are done. `waiting` counts what is left by kind.
    """

    def __init__(self, kinds: Mapping[str, str], expected: Mapping[str, float] | None = None) -> None:
        self.open, self.expected = dict(kinds), dict(expected or {})
        self.total = self.before = self.done = 0
        self.failed: list[Event] = []
        self.skipped = 0
        self.running: dict[str, tuple[Event, float]] = {}
        self._taken: dict[str, list[float]] = {}
        self._widest = 1

    def add(self, event: Event) -> None:
        if event.what == "planned":
            self.total, self.before = event.total or 0, event.before or 0
        elif event.what == "started":
            self.running[event.key] = (event, time.monotonic())
            self._widest = max(self._widest, len(self.running))
        elif event.what in ("done", "failed", "skipped"):
            self._end(event)

    def _end(self, event: Event) -> None:
        self.open.pop(event.key, None)
        self.running.pop(event.key, None)
        if event.what == "done":
            self.done += 1
            if event.seconds is not None:
                self._taken.setdefault(event.step, []).append(event.seconds)
        elif event.what == "failed":
            self.failed.append(event)
        else:
            self.skipped += 1

    @property
    def ended(self) -> int:
        return self.done + len(self.failed) + self.skipped

    def seconds_left(self) -> float | None:
        """Of all that is open, divided by how many steps have run at once; None while nothing is known of some kind."""
        total = 0.0
        for key, kind in self.open.items():
            seconds = self.expected.get(key)
            if seconds is None:
                if kind not in self._taken:
                    return None
                seconds = sum(self._taken[kind]) / len(self._taken[kind])
            total += seconds
        now = time.monotonic()
        total -= sum(min(now - since, self._mean(event)) for event, since in self.running.values())
        return max(0.0, total) / self._widest

    def _mean(self, event: Event) -> float:
        taken = self._taken.get(event.step)
        return self.expected.get(event.key, sum(taken) / len(taken) if taken else 0.0)

    def line(self, *, running: bool = True) -> str:
        """Counts and the time left, in one line; without those that run where it is told as one of them has just ended."""
        parts = [f"{self.ended}/{self.total} steps"]
        if self.running and running:
            parts.append(f"{len(self.running)} running")
        if self.failed:
            parts.append(f"{len(self.failed)} failed")
        if self.skipped:
            parts.append(f"{self.skipped} skipped")
        left = self.seconds_left()
        if self.open and left is not None:
            parts.append(f"about {duration(left)} left")
        return ", ".join(parts)


class Lines:
    """A line on standard error for every step that begins, and for every one that ends; nothing but failures when quiet."""

    def __init__(self, tally: Tally, quiet: bool = False) -> None:
        self.tally, self.quiet = tally, quiet

    def __call__(self, event: Event) -> None:
        self.tally.add(event)
        if event.what == "failed" and leads():
            echo(f"failed: {event.named}: {event.text}", err=True)
        elif self.quiet:
            return
        elif event.what == "planned":
            echo(f"{event.total} steps to do, {event.before} done before", err=True)
        elif event.what == "warned":
            echo(f"{event.named}: {event.text}", err=True)
        elif event.what == "started":
            where = f", {event.worker}" if event.worker else ""
            echo(f"{self.tally.line()}: begun {event.named}{where}", err=True)
        elif event.what == "done":
            took = "" if event.seconds is None else f" in {event.seconds:.1f} s"
            echo(f"{self.tally.line(running=False)}: {event.named}{took}", err=True)


class View:
    """One live view: a bar, counts and time left, the steps that run, and above it the failures."""

    def __init__(self, tally: Tally) -> None:
        from rich.live import Live

        from adaptstilts.cli.terminal import console

        self.tally = tally
        self.live: Live = Live(console=console(err=True), get_renderable=self._drawn, refresh_per_second=2)

    def __call__(self, event: Event) -> None:
        self.tally.add(event)
        if event.what == "failed":
            self.live.console.print(printable(f"failed: {event.named}: {event.text}"), markup=False, style="red")
        elif event.what == "warned":
            self.live.console.print(printable(f"{event.named}: {event.text}"), markup=False, style="yellow")

    def _drawn(self) -> Any:
        from rich.console import Group
        from rich.padding import Padding
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        tally, now = self.tally, time.monotonic()
        bar = ProgressBar(total=max(1, tally.total), completed=tally.ended, width=60)
        rows: list[Any] = [Text(tally.line()), Padding(bar, 0)]  # a bar alone does not end its line
        for event, since in list(tally.running.values())[:LINES]:
            where = f"  {event.worker}" if event.worker else ""
            rows.append(Text(f"  {event.named}  {duration(now - since)}{where}", style="dim"))
        if len(tally.running) > LINES:
            rows.append(Text(f"  and {len(tally.running) - LINES} more", style="dim"))
        return Printable(Group(*rows))


@contextlib.contextmanager
def watching(
    kinds: Mapping[str, str], *, as_json: bool, quiet: bool, expected: Mapping[str, float] | None = None
) -> Iterator[Callable[[Event], None]]:
    """Who is told of a run with these steps (kinds by key): standard output as JSON, or a live view in a terminal, or lines."""
    tally = Tally(kinds, expected)
    if as_json:
        with json_lines() as write:
            yield lambda event: write({"time": round(time.time(), 3), **event.plain()})
    elif sys.stderr.isatty() and not quiet and leads():
        view = View(tally)
        with view.live:
            yield view
    else:
        yield Lines(tally, quiet or not leads())
