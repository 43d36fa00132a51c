"""When it pays to keep what the layers below all adapters give, and how much of it: decided from a config alone."""

from __future__ import annotations

from adaptstilts.config.design import Design
from adaptstilts.settings import DeviceSettings, Recipe

PAYS = 1.5
"""So often must inputs be read, by one run or by all cells of its sweep: the first time they are made, and written."""

MOST_GB = {"cpu": 8.0}
"""What is kept at most where the config says nothing; nothing on a GPU, which makes a layer's output as fast as a disk gives it."""


def bound(settings: DeviceSettings, device: str) -> int:
    """The most bytes to keep beside a store."""
    most = MOST_GB.get(device, 0.0) if settings.lowest_gb is None else settings.lowest_gb
    return int(most * 10**9)


def readers(design: Design | None) -> int:
    """About how many transfers of one target a sweep has, which all score the same rows; 1 without a sweep."""
    if design is None:
        return 1
    controls, reference = design.controls, design.reference
    trajectories = len(design.k) * max(1, len(design.compositions)) * (design.orderings + sum(design.further))
    beside = len(controls.compositions) * len(controls.k) * controls.orderings + len(design.baselines)
    return (trajectories + beside) * len(design.seeds) + reference.points


def passes(recipe: Recipe, examples: int) -> float:
    """How often a training run reads each of so many examples."""
    if recipe.steps is None:
        return float(recipe.epochs or 0)
    return recipe.steps * recipe.batch / max(1, examples)
