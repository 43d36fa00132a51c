"""What a design can detect at least: the power of the conservative two-way clustered t on slopes per doubling of k, by simulation.

The verdict prints that test beside its own, which has the same power where slopes vary and more where they do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adaptstilts.statistics.clustered_interval import Interval

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
        found = self._null
        return float((abs(found.mean + slope) > found.reach(1 - level)).mean())

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
        design = {"orderings": self.orderings, "heads": self.heads, "seeds": self.seeds}
        power = self.at(1.0) if self.testable else None
        found = {"detectable_slope": self.detectable(), "power_at_1_point": power}
        return {**design, "sd_points": asdict(self.spread), **found}

    @cached_property
    def _null(self) -> Interval:
        return _simulated(self.orderings, self.heads, self._residual, self.spread.slope)

    @property
    def _residual(self) -> float:
        """The standard deviation of one trajectory's slope around its ordering's and head's: least squares on log2 k."""
        doses = [math.log2(k) for k in sorted(set(self.k)) if k >= 1]
        centre = sum(doses) / len(doses)
        return self.spread.model / math.sqrt(self.seeds * sum((dose - centre) ** 2 for dose in doses))


@lru_cache(maxsize=32)
def _simulated(rows: int, columns: int, residual: float, slope: float) -> Interval:
    """The conservative test on slopes in sweeps without an effect, [DRAWS]."""
    import numpy as np

    from adaptstilts.statistics.clustered_interval import interval

    rng = np.random.default_rng(2013)
    slopes = rng.normal(0, residual, (DRAWS, rows, columns))
    slopes += rng.normal(0, slope, (DRAWS, rows, 1)) + rng.normal(0, slope, (DRAWS, 1, columns))
    return interval(slopes, floored=True)


def power_of(orderings: int, heads: Sequence[str], k: Sequence[int], seeds: int = 1) -> Power:
    """The power of a sweep; `heads` as its cells have them: repeats count once, "" (nothing is trained) not at all."""
    return Power(orderings, len({head for head in heads if head}), tuple(sorted(set(k))), seeds)
