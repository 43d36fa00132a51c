"""Which tasks a model holds, and what that adds to the uncertainty of a slope over k.

Models that hold the same tasks share what that set of tasks does to every head; models that hold one task more or less share most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from adaptstilts.statistics.estimands import Array

CAUTION = 1.5
"""So many standard errors less than the models' scatter is taken from the scatter of tasks, for that is an estimate too. Chosen
on simulated sweeps whose tasks add effects of their own (`benchmarks/calibration.py`): with 0 a null is rejected in up to 9 %."""


@dataclass(frozen=True)
class Membership:
    """What trajectories share.

    `repeats` is by how much sets that come again raise the variance between orderings, `tasks` (a number or an array) the
    variance that the mean over single tasks adds, with `df` degrees of freedom.
    """

    repeats: float = 1.0
    tasks: Any = 0.0
    df: float = 1.0


def held(orders: Sequence[Sequence[str]], k: Sequence[int]) -> Array:
    """Whether the model of an ordering at each k holds each task: [R, K, tasks] of 0 and 1."""
    names = sorted({name for order in orders for name in order[: max(k)]})
    return np.array([[[float(name in order[:size]) for name in names] for size in k] for order in orders])


def set_numbers(holds: Array) -> Any:
    """A number for each set of tasks, [R, K]: equal where models hold the same."""
    _, found = np.unique(holds.reshape(-1, holds.shape[-1]), axis=0, return_inverse=True)
    return found.reshape(holds.shape[:2])


def weights(x: ArrayLike) -> Array:
    """What each level adds to a least-squares slope on x [K]."""
    off = np.asarray(x, float) - np.mean(np.asarray(x, float))
    return np.asarray(off / (off**2).sum())


def repeats(holds: Array, x: ArrayLike) -> float:
    """The variance of the mean slope where each set of tasks has an effect, over what orderings taken as independent show of it.

    1 where no two models hold the same set. Where all orderings end in one set this is several times as much: what that
    set does looks like slope, and is the same in all of them.
    """
    sets = set_numbers(holds)
    by_set = np.zeros((len(sets), int(sets.max()) + 1))
    for level, weight in enumerate(weights(x)):
        by_set[np.arange(len(sets)), sets[:, level]] += weight
    kernel, r = by_set @ by_set.T, len(sets)
    true = kernel.sum() / r**2
    shown = (np.trace(kernel) - kernel.sum() / r) / (r * (r - 1)) if r > 1 else 0.0
    return max(1.0, float(true / shown)) if shown > 1e-12 else float("inf")


def shared(costs: ArrayLike, holds: Array, x: ArrayLike) -> Membership:
    """What trajectories of `costs` [..., R, T, K] share, their models holding `holds` [R, K, tasks]; NaN is a missing model.

    Every task may add an effect of its own to the models that hold it. Their scatter shows in models of equal k, which
    hold different ones; the mean of those in the pool is a slope in k, and as uncertain as that scatter over the number of tasks.
    """
    off = np.asarray(costs, float)
    off = off - _mean(off, -3)[..., None, :, :]
    y = _mean(off, -2)
    y = np.where(np.isfinite(y), y, 0.0).reshape(*y.shape[:-2], -1)
    flat = (holds - holds.mean(0, keepdims=True)).reshape(-1, holds.shape[-1])
    free = int(np.linalg.matrix_rank(flat))
    if free < 1:
        return Membership(repeats(holds, x))
    inverse = np.linalg.pinv(flat)
    effects = y @ inverse.T
    left = len(flat) - holds.shape[1] - free
    noise = ((y - effects @ flat.T) ** 2).sum(-1) / max(left, 1) * float((inverse**2).sum()) / free
    sure = max(1 - CAUTION * (2 / left) ** 0.5, 0.0) if left > 0 else 0.0
    scatter = np.maximum((effects**2).sum(-1) / free - sure * noise, 0.0)
    grows = float((weights(x) * holds.mean(0).sum(-1)).sum())
    return Membership(repeats(holds, x), grows**2 * scatter / holds.shape[-1], free)


def _mean(values: Array, axis: int) -> Array:
    """Means of what is there; NaN where nothing is."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(there, values, 0.0).sum(axis) / there.sum(axis))
