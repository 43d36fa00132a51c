"""A report's tables as grids of cells with links: how they are laid out, apart from what becomes of them (HTML or LaTeX)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

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


def row(*cells: str | TableCell, language: str = "", anchor: str = "") -> TableRow:
    """A row of these cells; a text alone leads nowhere."""
    return TableRow(tuple(TableCell(cell) if isinstance(cell, str) else cell for cell in cells), language, anchor)


@dataclass(frozen=True)
class Grid:
    """A table: `words` are the columns that hold text, by place; all others hold numbers. Empty grids say `empty`.

    Every line has as many cells as there are headings (ValueError).
    """

    name: str
    title: str
    caption: str
    headings: Sequence[str]
    lines: Sequence[TableRow]
    words: Collection[int] = ()
    empty: str = ""

    def __post_init__(self) -> None:
        if any(len(line.cells) != len(self.headings) for line in self.lines):
            raise ValueError(f"a line of {self.name!r} has not {len(self.headings)} cells")

    @property
    def languages(self) -> list[str]:
        """The languages of its lines, each once."""
        return sorted({line.language for line in self.lines} - {""})
