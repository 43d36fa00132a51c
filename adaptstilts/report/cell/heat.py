"""Weights that fusion or a gate gives to adapters, as the geometry of heat maps; the template draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adaptstilts.report.cell.attacks import mean
from adaptstilts.report.cell.bars import shortened

LABEL, COLUMN, ROW, HEAD = 78.0, 64.0, 20.0, 22.0
"""Sizes in the drawing's units: the labels at the left, a cell's width and height, the names above."""

Weights = Sequence[Sequence[float | None] | None]
"""A weight in [0, 1] for each member, layer by layer from the first; None where a layer has none."""


@dataclass(frozen=True)
class HeatCell:
    """One rectangle: its weight in [0, 1] or None, and how strongly it is coloured, in [0, 1]."""

    value: float | None
    x: float
    strength: float


@dataclass(frozen=True)
class Strip:
    """One row of cells with its label."""

    label: str
    y: float
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class Heat:
    """A grid of weights; `full` is the weight that has the whole colour, `even` what each member gets if all are alike."""

    name: str
    width: float
    height: float
    column: float
    row: float
    members: tuple[tuple[str, str, float], ...]
    """Each column's short name, whole name and middle."""
    strips: tuple[Strip, ...]
    full: float
    even: float
    said: str
    """The same in words, for those who do not see it."""


def heats(attention: Mapping[str, Weights], members: Sequence[str]) -> tuple[Heat, ...]:
    """Two grids of `attention[language][layer][member]`: layer by member over all languages, language by member over all layers."""
    by_layer, by_language = _by_layer(attention), _by_language(attention)
    known = [v for row in (*by_layer.values(), *by_language.values()) for v in row if v is not None]
    full = max([min(1.0, 2 / len(members)), *known])  # so that even weights are half a colour, or paler
    found = [_heat("by layer, mean over languages", by_layer, members, full)]
    if len(by_language) > 1:
        found.append(_heat("by language, mean over layers", by_language, members, full))
    return tuple(found)


def _by_layer(attention: Mapping[str, Weights]) -> dict[str, list[float | None]]:
    layers = max((len(weights) for weights in attention.values()), default=0)
    return {
        f"layer {number + 1}": _means([weights[number] for weights in attention.values() if number < len(weights)])
        for number in range(layers)
    }


def _by_language(attention: Mapping[str, Weights]) -> dict[str, list[float | None]]:
    return {language: _means(weights) for language, weights in attention.items()}


def _means(rows: Weights) -> list[float | None]:
    """The mean of each column over the rows that have it."""
    there = [row for row in rows if row]
    return [mean(column) for column in zip(*there, strict=True)]


def _heat(name: str, rows: Mapping[str, Sequence[float | None]], members: Sequence[str], full: float) -> Heat:
    blank: list[float | None] = [None] * len(members)
    strips = tuple(
        Strip(label, HEAD + i * ROW, tuple(_cell(j, value, full) for j, value in enumerate(values or blank)))
        for i, (label, values) in enumerate(rows.items())
    )
    return Heat(
        name=name,
        width=LABEL + len(members) * COLUMN,
        height=HEAD + len(strips) * ROW,
        column=COLUMN,
        row=ROW,
        members=tuple((shortened(m), m, LABEL + (j + 0.5) * COLUMN) for j, m in enumerate(members)),
        strips=strips,
        full=full,
        even=1 / len(members),
        said="; ".join(_spoken(strip, members) for strip in strips) + ".",
    )


def _cell(place: int, value: float | None, full: float) -> HeatCell:
    return HeatCell(value, LABEL + place * COLUMN, round((value or 0.0) / full, 3))


def _spoken(strip: Strip, members: Sequence[str]) -> str:
    if all(cell.value is None for cell in strip.cells):
        return f"{strip.label}: none"
    cells = zip(members, strip.cells, strict=True)
    return f"{strip.label}: " + ", ".join(
        f"{name} " + ("n/a" if cell.value is None else f"{100 * cell.value:.1f} %") for name, cell in cells
    )
