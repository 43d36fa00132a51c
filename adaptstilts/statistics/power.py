"""What a design can detect and how often it errs: the test of slopes per doubling of k on simulated sweeps of that very design.

Where the orderings are known it is the verdict's own test, which sees which tasks a model holds; where they are not, the plainer
two-way clustered t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adaptstilts.statistics.clustered_interval import Interval

DRAWS = 4000
"""Simulated sweeps; the standard error of a power of 80 % is 0.6 points."""
MOST = 3_000_000
"""Simulated models: of a large design fewer sweeps are drawn, 200 at least."""
SHARED = 0.3
"""The share of the variance between models that the heads of one ordering and k have in common: they have its adapters."""
CLEAN, ATTACKED = 0.85, 0.65
"""The scores near which points are told in probits and test rows err, before there are scores."""


def probits(points: float) -> float:
    """Points of accuracy as probit units of cost, where attacked scores are ATTACKED."""
    normal = NormalDist()
    return points / 100 / normal.pdf(normal.inv_cdf(ATTACKED))


def row_error(rows: int, languages: int, attacks: int) -> float:
    """What test rows add to the scatter of a model's cost: a standard deviation in points, by the delta method.

    Scores near CLEAN and ATTACKED of so many rows a language err as binomial shares do, the clean one and that under each attack
    alike, in each language anew. Models that are scored on the same rows err together in part, which no slope sees: at most so much.
    """
    normal = NormalDist()
    clean, attacked = (share * (1 - share) / normal.pdf(normal.inv_cdf(share)) ** 2 for share in (CLEAN, ATTACKED))
    return math.sqrt((clean + attacked / attacks) / (rows * languages)) / probits(1.0)


@dataclass(frozen=True)
class Spread:
    """How much numbers scatter, in points: the cost of robustness between trained models, slopes per doubling between others.

    `slope` holds between orderings and again between heads. The defaults are the middle case of the protocol's simulations
    (`model` for one model, averaged over languages and perturbations); pilot runs of one's own give better ones. `sets` is what each
    set of tasks adds to all models that hold it, `tasks` what each task adds.
    """

    model: float = 2.5
    slope: float = 0.15
    sets: float = 0.0
    tasks: float = 0.0


NULLS = {
    "nothing else": {},
    "each set of tasks adds 1.5 points": {"sets": 1.5},
    "each task adds 1 point": {"tasks": 1.0},
}
"""Worlds without an effect of k, by what else varies (standard deviations)."""


@dataclass(frozen=True)
class Power:
    """The power of a design: R `orderings`, T independently trained `heads`, levels of `k`, and so many `seeds` of each.

    `orders` are the orderings themselves, `pool` how many tasks they are of, `references` the k = 0 models a head,
    `short` whether none of these trains longer than the other models do. `row_errors` are what test rows add to the scatter of
    each head's models, as `row_error` has it; without them test rows do not err.
    """

    orderings: int
    heads: int
    k: tuple[int, ...]
    seeds: int = 1
    spread: Spread = Spread()
    orders: tuple[tuple[str, ...], ...] = ()
    references: int = 0
    short: bool = False
    row_errors: tuple[float, ...] = ()

    @property
    def testable(self) -> bool:
        """Whether there is a test at all: two orderings, two heads and two levels of k from 1 on."""
        return min(self.orderings, self.heads) >= 2 and len({k for k in self.k if k >= 1}) >= 2

    @property
    def doubts(self) -> tuple[str, ...]:
        """What this design cannot do whatever its numbers, each with what to do about it."""
        pool = len(self.orders[0]) if self.orders else 0
        largest = max(self.k, default=0)
        told = {
            "no test of a slope: two orderings, two heads and two levels of k from 1 on are needed": not self.testable,
            "no verdict but “no relevant effect”: without k = 0 models of other accuracy (sweep.reference) nothing is told from an "
            "accuracy effect": not self.references,
            f"k goes up to {largest} of {pool} tasks: models of the largest k hold much the same ones, so that what these do looks like "
            "an effect of k; keep k to half the pool": 2 * largest > pool > 0,
            "no reference trains longer than the other models do: where adapters raise clean accuracy these lie outside the references' "
            "range, and nothing is told from an accuracy effect; give sweep.reference.fractions a 2": self.short,
        }
        return tuple(text for text, holds in told.items() if holds)

    def at(self, slope: float, level: float = 0.05) -> float:
        """The probability that a true slope of so many points per doubling is found by the two-sided test at `level`."""
        found = self._null
        return float((abs(found.mean + slope) > found.reach(1 - level)).mean())

    def errs(self) -> dict[str, float]:
        """How often a sweep of this design without an effect is taken for one with it, in each of NULLS."""
        if not (self.testable and self.orders):
            return {}
        return {name: replace(self, spread=replace(self.spread, **more)).at(0.0) for name, more in NULLS.items()}

    @property
    def draws(self) -> int:
        """How many sweeps are simulated."""
        size = self.orderings * max(self.heads, 1) * max(len(self.k), 1)
        return max(200, min(DRAWS, MOST // size)) if self.orders else DRAWS

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
        least = self.detectable()
        slopes = {"detectable_slope": least, "detectable_probits": None if least is None else round(probits(least), 4)}
        found = {**slopes, "power_at_1_point": power, "errs": self.errs()}
        told = {"simulated": self.draws, "references": self.references, "doubts": list(self.doubts)}
        rows = {"row_errors_points": [round(error, 3) for error in self.row_errors]}
        return {**design, "sd_points": asdict(self.spread), **rows, **found, **told}

    @cached_property
    def _null(self) -> Interval:
        if self.orders:
            k = tuple(sorted({k for k in self.k if k >= 1}))
            return _of_design(self.orders, self._errors, k, self.seeds, self.spread, self.draws)
        return _simulated(self.orderings, self._residuals, self.spread.slope)

    @property
    def _errors(self) -> tuple[float, ...]:
        """What test rows add in each head."""
        return self.row_errors or (0.0,) * self.heads

    @property
    def _residuals(self) -> tuple[float, ...]:
        """By head the standard deviation of one trajectory's slope around its ordering's and head's: least squares on log2 k."""
        doses = [math.log2(k) for k in sorted(set(self.k)) if k >= 1]
        centre = sum(doses) / len(doses)
        reach = math.sqrt(self.seeds * sum((dose - centre) ** 2 for dose in doses))
        return tuple(math.hypot(self.spread.model, error) / reach for error in self._errors)


@lru_cache(maxsize=32)
def _simulated(rows: int, residuals: tuple[float, ...], slope: float) -> Interval:
    """The conservative test on slopes in sweeps without an effect, [DRAWS]; `residuals` are of each head."""
    import numpy as np

    from adaptstilts.statistics.clustered_interval import interval

    rng, columns = np.random.default_rng(2013), len(residuals)
    slopes = rng.normal(0, residuals, (DRAWS, rows, columns))
    slopes += rng.normal(0, slope, (DRAWS, rows, 1)) + rng.normal(0, slope, (DRAWS, 1, columns))
    return interval(slopes, floored=True)


Orders = tuple[tuple[str, ...], ...]


@lru_cache(maxsize=32)
def _of_design(
    orders: Orders, errors: tuple[float, ...], k: tuple[int, ...], seeds: int, spread: Spread, draws: int
) -> Interval:
    """The verdict's test on costs of models in sweeps without an effect of k, [draws]; `errors` are those of each head's test rows."""
    import numpy as np

    from adaptstilts.statistics.clustered_interval import interval
    from adaptstilts.statistics.membership import held, set_numbers, shared
    from adaptstilts.statistics.slopes import slopes

    rng, x, holds = np.random.default_rng(2013), np.log2(k), held(orders, k)
    heads, several = len(errors), math.sqrt(seeds)
    size = (draws, len(orders), heads, len(k))
    own = [[math.hypot(spread.model * (1 - SHARED) ** 0.5, error) / several] for error in errors]
    costs = rng.normal(0, own, size)
    costs += rng.normal(0, spread.model / several * SHARED**0.5, (*size[:2], 1, len(k)))
    costs += x * (rng.normal(0, spread.slope, (*size[:2], 1, 1)) + rng.normal(0, spread.slope, (draws, 1, heads, 1)))
    sets = set_numbers(holds)
    costs += rng.normal(0, spread.sets, (draws, int(sets.max()) + 1))[:, sets][:, :, None, :]
    tasks = rng.normal(0, spread.tasks, (draws, holds.shape[-1]))
    costs += np.einsum("rki,si->srk", holds, tasks)[:, :, None, :]
    return interval(slopes(costs, x), shared=shared(costs, holds, x))


def power_of(
    orderings: int,
    heads: Sequence[str],
    k: Sequence[int],
    seeds: int = 1,
    orders: Sequence[Sequence[str]] = (),
    references: int = 0,
) -> Power:
    """The power of a sweep; `heads` as its cells have them: repeats count once, "" (nothing is trained) not at all."""
    independent, levels = len({head for head in heads if head}), tuple(sorted(set(k)))
    return Power(orderings, independent, levels, seeds, orders=tuple(map(tuple, orders)), references=references)
