"""What a design can detect at least: the power of the conservative two-way clustered t on slopes per doubling of k, by simulation.

The verdict prints that test beside its own, which has the same power where slopes vary and more where they do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

DRAWS = 4000
"""Simulated sweeps; the standard error of a power of 80 % is 0.6 points."""


@dataclass(frozen=True)
class Spread:
    """How much numbers scatter, in points: the cost of robustness between trained models, slopes per doubling between others.

    `slope` holds between orderings and again between heads. The defaults are the middle case of the protocol's simulations
    (`model` for one model, averaged over languages and perturbations); pilot runs of one's own give better ones.
    """

    model: float = 2.5
    slope: float = 0.15


@dataclass(frozen=True)
class Power:
    """The power of a design: R `orderings`, T independently trained `heads`, levels of `k`, and so many `seeds` of each."""

    orderings: int
    heads: int
    k: tuple[int, ...]
    seeds: int = 1
    spread: Spread = Spread()

    @property
    def testable(self) -> bool:
        """Whether there is a test at all: two orderings, two heads and two levels of k from 1 on."""
        return min(self.orderings, self.heads) >= 2 and len({k for k in self.k if k >= 1}) >= 2

    def at(self, slope: float, level: float = 0.05) -> float:
        """The probability that a true slope of so many points per doubling is found by the two-sided test at `level`."""
        import numpy as np

        means, errors = self._null
        critical = quantile(1 - level / 2, min(self.orderings, self.heads) - 1)
        return float(np.mean(np.abs(means + slope) > critical * errors))

    def detectable(self, power: float = 0.8, level: float = 0.05) -> float | None:
        """The least slope, in points per doubling of k, that is found with this probability; None without a test."""
        if not self.testable:
            return None
        low, high = 0.0, 1.0
        while self.at(high, level) < power:
            low, high = high, 2 * high
        while high - low > 1e-3:
            middle = (low + high) / 2
            low, high = (middle, high) if self.at(middle, level) < power else (low, middle)
        return round(high, 3)

    def as_dict(self) -> dict[str, Any]:
        """The design, what was assumed, and the minimum detectable slope at a power of 80 %."""
        spread = {"model": self.spread.model, "slope": self.spread.slope}
        design = {"orderings": self.orderings, "heads": self.heads, "seeds": self.seeds, "sd_points": spread}
        return {
            **design,
            "detectable_slope": self.detectable(),
            "power_at_1_point": self.at(1.0) if self.testable else None,
        }

    @cached_property
    def _null(self) -> tuple[np.ndarray, np.ndarray]:
        return _simulated(self.orderings, self.heads, self._residual, self.spread.slope)

    @property
    def _residual(self) -> float:
        """The standard deviation of one trajectory's slope around its ordering's and head's: least squares on log2 k."""
        doses = [math.log2(k) for k in sorted(set(self.k)) if k >= 1]
        centre = sum(doses) / len(doses)
        return self.spread.model / math.sqrt(self.seeds * sum((dose - centre) ** 2 for dose in doses))


@lru_cache(maxsize=32)
def _simulated(rows: int, columns: int, residual: float, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard errors of slopes in sweeps without an effect, [DRAWS] each."""
    import numpy as np

    rng = np.random.default_rng(2013)
    slopes = rng.normal(0, residual, (DRAWS, rows, columns))
    slopes += rng.normal(0, slope, (DRAWS, rows, 1)) + rng.normal(0, slope, (DRAWS, 1, columns))
    return slopes.mean((1, 2)), np.sqrt(two_way_variance(slopes))


def two_way_variance(slopes: np.ndarray) -> np.ndarray:
    """The variance of the mean of slopes [..., R, T], clustered by ordering and by head.

    Cameron, Gelbach and Miller (2011): V_R + V_T - V_RT, each with its G / (G - 1); never less than V_R or V_T alone.
    """
    import numpy as np

    rows, columns = slopes.shape[-2:]
    away = slopes - slopes.mean((-2, -1), keepdims=True)
    by_row = rows / (rows - 1) * (away.sum(-1) ** 2).sum(-1)
    by_column = columns / (columns - 1) * (away.sum(-2) ** 2).sum(-1)
    by_cell = rows * columns / (rows * columns - 1) * (away**2).sum((-2, -1))
    found = np.maximum(np.maximum(by_row, by_column), by_row + by_column - by_cell) / (rows * columns) ** 2
    return np.asarray(found)


def quantile(share: float, df: int) -> float:
    """The quantile of Student's t with so many degrees of freedom, by bisection; for shares above one half."""
    low, high = 0.0, 1.0
    while _below(high, df) < share:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, df) < share else (low, middle)
    return high


def _below(t: float, df: int) -> float:
    """The distribution function of Student's t at t >= 0 for whole degrees of freedom (Abramowitz and Stegun 26.7.3, 26.7.4)."""
    angle = math.atan(t / math.sqrt(df))
    cosine, sine = math.cos(angle), math.sin(angle)
    term = cosine if df % 2 else 1.0
    total = term if df > 1 else 0.0
    for n in range(2 + df % 2, df - 1, 2):
        term *= (n - 1) / n * cosine**2
        total += term
    inside = 2 / math.pi * (angle + sine * total) if df % 2 else sine * total
    return (1 + inside) / 2


def power_of(orderings: int, heads: Sequence[str], k: Sequence[int], seeds: int = 1) -> Power:
    """The power of a sweep; `heads` as its cells have them: repeats count once, "" (nothing is trained) not at all."""
    return Power(orderings, len({head for head in heads if head}), tuple(sorted(set(k))), seeds)
