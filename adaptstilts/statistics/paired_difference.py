"""By how much one set of answers beats another on the same rows, with the interval that these rows leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from adaptstilts.statistics.estimands import Array

LEVEL = 0.95


@dataclass(frozen=True)
class PairedDifference:
    """One metric minus the other over `n` rows, and its interval, in [-1, 1]."""

    n: int
    by: float
    low: float
    high: float


def difference(mine: ArrayLike, other: ArrayLike, level: float = LEVEL) -> PairedDifference:
    """The difference of two metrics that are ratios of sums, from both answers' shares of each row ([n, 2]: points, out of).

    Rows are drawn alone, both answers together; a ratio is linearised (the delta method). Two rows are added, one won and one
    lost, as Bonett and Price (2012) do for shares of right rows: their interval then leaves out 0 about where McNemar's
    exact test does, and rows that all agree still leave some doubt. ValueError for no rows.
    """
    a, b = np.asarray(mine, float), np.asarray(other, float)
    if not len(a) or a.shape != b.shape:
        raise ValueError(f"answers of {len(a)} and of {len(b)} rows")
    by = _ratio(a) - _ratio(b)
    won = by + _influence(a) - _influence(b)
    n, spread = len(won) + 2, float((won**2).sum()) + 2
    mean = float(won.sum()) / n
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * ((spread / n - mean**2) / n) ** 0.5
    return PairedDifference(len(a), by, max(-1.0, mean - reach), min(1.0, mean + reach))


def _ratio(shares: Array) -> float:
    points, out_of = shares.sum(0)
    return float(points / out_of) if out_of else 0.0


def _influence(shares: Array) -> Array:
    """How far each row moves the ratio, times the number of rows; they sum to 0."""
    out_of = shares[:, 1].mean()
    return (shares[:, 0] - _ratio(shares) * shares[:, 1]) / out_of if out_of else np.zeros(len(shares))
