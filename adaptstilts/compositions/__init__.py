"""Composition declarations, one file each: `combinations/` arranges trained adapters."""

from adaptstilts.compositions.composition import TARGET, Block, Composition, Fused, Stacked
from adaptstilts.registry import Registry

COMPOSITIONS: Registry[Composition] = Registry("composition", Composition, __name__, ("combinations",))

__all__ = ["COMPOSITIONS", "TARGET", "Block", "Composition", "Fused", "Stacked"]
