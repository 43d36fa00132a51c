"""Bars of one set of scores as geometry; the template draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LABEL, GAP, VALUE = 62.0, 5.0, 28.0
"""Widths beside the bars, in the drawing's units: the label, the gap on either side, the number."""
ROW, BAR, TOP, BOTTOM = 16.0, 9.0, 3.0, 3.0
LETTERS = 10
"""How many letters of a label fit."""


@dataclass(frozen=True)
class ScoreBar:
    """One bar: `value` in [0, 1] or None, `y` its row's top and `length` how far it reaches."""

    name: str
    label: str
    value: float | None
    y: float
    length: float
    clean: bool


@dataclass(frozen=True)
class Bars:
    """Horizontal bars from 0 to 100 per cent, clean first, with a line at chance."""

    name: str
    width: float
    height: float
    left: float
    """Where bars begin."""
    room: float
    """The length of one hundred per cent."""
    thick: float
    bars: tuple[ScoreBar, ...]
    chance: float | None
    """Where the line at chance stands, in the drawing's units."""
    said: str
    """The same in words, for those who do not see it."""


def bars(
    name: str, columns: Sequence[str], scores: Mapping[str, float | None], chance: float | None, width: float
) -> Bars:
    """The bars of one language or mean; `scores` and `chance` in [0, 1], the first column is the clean one."""
    left = LABEL + GAP
    room = width - left - GAP - VALUE
    found = tuple(
        ScoreBar(
            name=column,
            label=shortened(column),
            value=scores[column],
            y=TOP + i * ROW,
            length=round(room * (scores[column] or 0.0), 2),
            clean=i == 0,
        )
        for i, column in enumerate(columns)
    )
    said = [f"{bar.name} " + ("n/a" if bar.value is None else f"{100 * bar.value:.1f} %") for bar in found]
    said += [] if chance is None else [f"chance {100 * chance:.1f} %"]
    return Bars(
        name=name,
        width=width,
        height=TOP + len(found) * ROW + BOTTOM,
        left=left,
        room=room,
        thick=BAR,
        bars=found,
        chance=None if chance is None else round(left + room * chance, 2),
        said=", ".join(said) + ".",
    )


def shortened(label: str) -> str:
    """A label that fits."""
    return label if len(label) <= LETTERS else label[: LETTERS - 1] + "…"
