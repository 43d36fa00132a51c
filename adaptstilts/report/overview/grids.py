"""A report's tables as grids of cells with links: how they are laid out, apart from what becomes of them (HTML or LaTeX)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Link = Callable[[str], str]
"""From a step's key to the way to its record."""


@dataclass(frozen=True)
class TableCell:
    """Text, and the way to the record (or the row of this page) behind it."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class TableRow:
    """One row: its cells, the language it is about ("" for none), and the name that links to it use."""

    cells: tuple[TableCell, ...]
    language: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: `words` are the columns that hold text, by place; all others hold numbers. Empty grids say `empty`."""

    name: str
    title: str
    caption: str
    headings: tuple[str, ...]
    lines: tuple[TableRow, ...]
    words: frozenset[int] = field(default_factory=frozenset)
    empty: str = ""

    @property
    def languages(self) -> list[str]:
        """The languages of its lines, each once."""
        return sorted({line.language for line in self.lines} - {""})


def grid(
    name: str,
    title: str,
    caption: str,
    headings: Sequence[str],
    lines: Iterable[TableRow],
    words: Iterable[int] = (),
    empty: str = "",
) -> Grid:
    """A grid of these lines; all have as many cells as there are headings (ValueError)."""
    found = tuple(lines)
    if any(len(line.cells) != len(headings) for line in found):
        raise ValueError(f"a line of {name!r} has not {len(headings)} cells")
    return Grid(name, title, caption, tuple(headings), found, frozenset(words), empty)
