"""How sure differences between answers to the same rows are: a bootstrap in which all answers to a row are drawn together.

Rows that all give the same leave a bootstrap no width: there the interval is the exact bound for what none of them showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from adaptstilts.statistics.estimands import Array
from adaptstilts.statistics.resampling import drawn_sums
from adaptstilts.statistics.unseen import unseen

DRAWS, LEVEL = 2000, 0.95
SAME = 1e-9
"""Draws that differ by no more do not differ."""


@dataclass(frozen=True)
class BootstrapInterval:
    """A number and its percentile interval (Efron and Tibshirani 1993, chapter 13), or (`bound`) that of `unseen` where all draws agree."""

    value: float
    low: float
    high: float
    bound: bool = False


@dataclass(frozen=True)
class Bootstrapped:
    """Measures as they are, [measures], and under each draw of rows, [draws, measures].

    `sources` were drawn from; `largest` is the most that one of them weighs in each measure, [measures], where all together weigh 1.
    """

    observed: Array
    drawn: Array
    sources: int
    largest: Array

    def estimate(self, weights: ArrayLike, level: float = LEVEL) -> BootstrapInterval:
        """A sum of the measures, shares all, with these weights (of -1 and 1, say: a difference) with its interval.

        Draws in which one of them has nothing are left out.
        """
        w = np.asarray(weights, float)
        used = w != 0
        low, high = np.nanquantile(self.drawn[:, used] @ w[used], [(1 - level) / 2, (1 + level) / 2])
        value = float(self.observed[used] @ w[used])
        if high - low > SAME:
            return BootstrapInterval(value, float(low), float(high))
        least, most = float(w[w < 0].sum()), float(w[w > 0].sum())
        moved = min(1.0, unseen(self.sources, level) * self.sources * float(self.largest[used].max()))
        return BootstrapInterval(value, value - moved * (value - least), value + moved * (most - value), bound=True)


def bootstrapped(
    points: ArrayLike, of: ArrayLike, groups: Sequence[Any], sources: Sequence[Any], draws: int = DRAWS, seed: int = 0
) -> Bootstrapped:
    """Means over groups (languages) of ratios of sums, for several measures at once, under resampled rows.

    `points` and `of` are [rows, measures]: what each row gives to each measure, out of how much; `groups` and `sources` are of each
    row. Rows of one source, translations of one example, are drawn together, and all measures of a row are. ValueError without rows.
    """
    p, o = np.asarray(points, float), np.asarray(of, float)
    if not len(p) or p.shape != o.shape:
        raise ValueError(f"points of {len(p)} rows, out of {len(o)}")
    known, places = np.unique(np.asarray(groups, str), return_inverse=True)
    named, drawn_as = np.unique(np.asarray(sources, str), return_inverse=True)
    sums = np.zeros((2, len(named), len(known), p.shape[1]))
    for layer, values in zip(sums, (p, o), strict=True):
        np.add.at(layer, (drawn_as, places), values)
    flat = sums.reshape(2, len(named), -1)
    points_drawn, of_drawn = drawn_sums(flat, "paired bootstrap", draws, seed)
    all_points, all_of = flat.sum(1, keepdims=True)
    observed = _means(all_points, all_of, len(known))[0]
    largest = _means(flat[1], all_of, len(known)).max(0)
    return Bootstrapped(observed, _means(points_drawn, of_drawn, len(known)), len(named), largest)


def _means(points: Array, of: Array, groups: int) -> Array:
    """Means over groups of ratios, [draws, measures]; a group of which nothing was drawn is left out of its draw, NaN where that is all."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = (points / of).reshape(len(points), groups, -1)
        there = np.isfinite(ratios)
        means: Array = np.where(there, ratios, 0.0).sum(1) / there.sum(1)
    return means
