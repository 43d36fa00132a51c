"""A report's tables as grids of cells with links: how they are laid out, apart from what becomes of them (HTML or LaTeX)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from adaptstilts.report.cell import learned


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


def percent(share: float | None) -> str:
    """A share in per cent; nothing as n/a."""
    return learned.percent(None if share is None or pd.isna(share) else float(share))


def signed(value: float | None, digits: int = 3) -> str:
    """A number with its sign; nothing as n/a."""
    return "n/a" if value is None or pd.isna(value) else f"{float(value):+.{digits}f}"


def plain(value: float | None, digits: int = 3) -> str:
    """A number; nothing as n/a."""
    return "n/a" if value is None or pd.isna(value) else f"{float(value):.{digits}f}"


def columns_of_attacks(cells: pd.DataFrame) -> Mapping[tuple[str, float, int], str]:
    """What each attack is called at the head of a column, by (attack, severity, budget); the setting is named where it varies."""
    known = cells[["attack", "severity", "budget"]].drop_duplicates().sort_values(["attack", "severity", "budget"])
    counts = known["attack"].value_counts()
    return {
        (attack, severity, budget): attack if counts[attack] == 1 else f"{attack} {severity or budget:g}"
        for attack, severity, budget in known.itertuples(index=False, name=None)
    }
