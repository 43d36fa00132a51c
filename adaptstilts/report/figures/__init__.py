"""Figure declarations, one file each, found by where they lie."""

from __future__ import annotations

import adaptstilts.report
from adaptstilts.registry import Registry
from adaptstilts.report.drawing.figure import Figure

FIGURES: Registry[Figure] = Registry("figure", Figure, adaptstilts.report.__name__, ("figures",))


def in_order() -> list[Figure]:
    """All figures by their numbers."""
    return sorted(FIGURES, key=lambda figure: figure.number)
