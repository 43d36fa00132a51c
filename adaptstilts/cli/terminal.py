"""What rich draws on: consoles as wide as their reader has it, plain where no colour is wanted, and tables of which nothing is cut."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

WIDE, LEAST = 140, 20
"""Columns where nobody says how many there are, and the fewest that anything is drawn for."""
SOFT = 18
"""Columns to which text may be folded; what is shorter, and any number, is not."""
EDGES, BETWEEN = 2, 3
"""Columns that the grid itself takes: at its sides, and between two columns."""


def console(*, err: bool = False) -> Console:
    """A console on a standard stream: as wide as COLUMNS or the terminal says, without any style where NO_COLOR is set."""
    stream = sys.stderr if err else sys.stdout
    return Console(
        stderr=err, width=_width(stream), color_system=None if os.environ.get("NO_COLOR") else "auto", highlight=False
    )


def _width(stream: object) -> int:
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return max(LEAST, int(asked))
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return max(LEAST, os.get_terminal_size(stream.fileno()).columns)  # type: ignore[attr-defined]
    return WIDE


@dataclass
class Listing:
    """A table before it is laid out: headings, which of them hold numbers, lines, and lines that begin a section."""

    headings: Sequence[str]
    numbers: frozenset[int] = frozenset()
    dim: frozenset[int] = frozenset()
    lines: list[tuple[Sequence[str | Text], str]] = field(default_factory=list)
    sections: set[int] = field(default_factory=set)

    def add(self, *cells: str | Text, style: str = "") -> None:
        """One more line."""
        self.lines.append((cells, style))

    def section(self) -> None:
        """A gap after the last line."""
        self.sections.add(len(self.lines) - 1)

    def grids(self, width: int) -> Iterator[Grid]:
        """The table in as many parts as it takes: each has the first column, and then as many of the others as there is room for."""
        sizes = [self._sizes(place) for place in range(len(self.headings))]
        chosen = [0]
        for place in range(1, len(self.headings)):
            if len(chosen) > 1 and _sum(sizes[other][0] for other in (*chosen, place)) > width:
                yield self._grid(chosen, sizes, width)
                chosen = [0]
            chosen.append(place)
        yield self._grid(chosen, sizes, width)

    def _sizes(self, place: int) -> tuple[int, int]:
        """The fewest columns that a column takes, numbers, short cells and words of its heading whole, and those that it likes."""
        cells, heading = [str(line[place]) for line, _ in self.lines if place < len(line)], self.headings[place]
        longest = max((cell_len(part) for cell in cells for part in cell.split("\n")), default=0)
        stiff = place in self.numbers or all(map(_figure, cells))
        word = max(map(cell_len, heading.split()), default=0)
        return max(longest if stiff else min(longest, SOFT), min(word, SOFT), 1), max(longest, cell_len(heading), 1)

    def _grid(self, places: Sequence[int], sizes: Sequence[tuple[int, int]], width: int) -> Grid:
        grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_header=any(self.headings))
        for place, size in zip(places, _shared([sizes[place] for place in places], width), strict=True):
            grid.add_column(
                Text(self.headings[place]), justify="right" if place in self.numbers else "left", overflow="fold",
                style="dim" if place in self.dim else "", width=size,
            )  # fmt: skip
        for number, (line, style) in enumerate(self.lines):
            told = [*line, *[""] * (len(self.headings) - len(line))]
            grid.add_row(
                *(c if isinstance(c, Text) else Text(c) for c in (told[place] for place in places)), style=style
            )
            if number in self.sections:
                grid.add_section()
        return grid


def _shared(sizes: Sequence[tuple[int, int]], width: int) -> list[int]:
    """How wide columns are: what each takes, and of what is left as much as it likes, from the first on; the first gives way."""
    found = [least for least, _ in sizes]
    left = width - _sum(found)
    for place, (least, liked) in enumerate(sizes):
        more = min(max(left, 0), liked - least)
        found[place] += more
        left -= more
    found[0] = max(1, found[0] + min(left, 0))
    return found


def _figure(cell: str) -> bool:
    """Whether a cell is a number or one short word, which is not to be folded."""
    return cell_len(cell) <= SOFT and len(cell.split()) <= 1


def _sum(sizes: Iterable[int]) -> int:
    known = list(sizes)
    return EDGES + BETWEEN * (len(known) - 1) + sum(known)
