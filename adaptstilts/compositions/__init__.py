"""Composition declarations, one file each: `combinations/` arranges trained adapters, `controls/` others of their size.

`baselines/` are what adapters are held against.
"""

from adaptstilts.compositions.blocks import TARGET, Averaged, Block, Fused, Gated, Merged, Stacked
from adaptstilts.compositions.composition import Composition
from adaptstilts.compositions.workshop import UNTRAINED, Members, Workshop
from adaptstilts.registry import Registry

COMPOSITIONS: Registry[Composition] = Registry(
    "composition", Composition, __name__, ("combinations", "controls", "baselines")
)

__all__ = [
    "COMPOSITIONS", "TARGET", "UNTRAINED", "Averaged", "Block", "Composition", "Fused", "Gated", "Members", "Merged", "Stacked",
    "Workshop",
]  # fmt: skip
