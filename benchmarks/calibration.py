"""How often the verdict errs where the truth is known, by world and by design: the table of docs/verdict.md.

    python benchmarks/calibration.py                                        # 1,000 sweeps a line; half an hour on one core
    python benchmarks/calibration.py --sims 200 --designs robustness-k --worlds "nothing happens,one point a doubling"

Prints a table and writes calibration.json. A sweep is simulated model by model, with its references: margins are Normal(mu, 1) clean and
Normal(mu - D, 1) attacked unless a world says otherwise; scores are binomial draws of the design's rows in each language under each
of two attacks; what judges records judges them: `interval`, `shared`, `readings`, `Evidence` and `decide`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, ndtr

from adaptstilts.plan.sweeps.orderings import orderings
from adaptstilts.report.verdict import decide
from adaptstilts.report.verdict.evidence import Evidence, Span
from adaptstilts.statistics.clustered_interval import Interval, interval
from adaptstilts.statistics.estimands import SCALES, scaled, scaled_variance
from adaptstilts.statistics.membership import held, set_numbers, shared
from adaptstilts.statistics.readings import ScoreTables, readings
from adaptstilts.statistics.slopes import slopes
from adaptstilts.store.registration import Plan

MU, COST = 1.04, 0.65
POINT = 0.01 / float(stats.norm.pdf(MU - COST))
"""Probit units of one point of accuracy where attacked scores lie (65 %): 0.027."""
ATTACKS = np.array([0.0, 0.15])
SPREAD = np.repeat([-0.8, -0.6, -0.45, -0.3, -0.1, 0.0, 0.35], 2)
"""How far below and above k = 0 the references lie, in probits."""


@dataclass(frozen=True)
class Design:
    """Tasks in the pool, orderings, heads, levels of k, test rows a language, and languages abroad."""

    pool: int
    orderings: int
    heads: int
    k: tuple[int, ...]
    rows: int
    languages: int

    @cached_property
    def orders(self) -> tuple[tuple[str, ...], ...]:
        return orderings([f"task{n:02}" for n in range(self.pool)], self.orderings)


DESIGNS = {
    "robustness-k": Design(18, 18, 7, (1, 2, 4, 6, 9), 1000, 5),
    "low-compute": Design(8, 8, 5, (1, 2, 3, 4), 400, 6),
    "small-k": Design(8, 8, 4, (1, 2, 4), 200, 6),
    "pocket-k": Design(9, 4, 4, (1, 2, 3, 4), 100, 6),
    "8 x 8": Design(18, 8, 8, (1, 2, 4, 6, 9), 300, 4),
    "robustness-k as it was": Design(9, 9, 7, (1, 2, 4, 6, 9), 1000, 5),
}


@dataclass(frozen=True)
class World:
    """What sweeps are made of; standard deviations and slopes of cost in points, of margins in probits, slopes a doubling.

    `model` is that of D between models, `common` the share of its variance that heads have in common, `slope` that of slopes over
    orderings and again over heads. `sets` is what each set of tasks adds to all heads, `adds` what each task does, on
    `average` or in sum. `clean` and `source` move margins abroad and in the source language; `along` and `along_source` are
    how much D grows with either in all models, references too. Of references: `english` and `abroad` are what either margin scatters
    on its own, `noise` how many times as much they scatter, `top` whether any lies above k = 0. `beyond` lifts all models above them.
    `floor` is right by chance. Of trajectories, `missing` are lost; in heads after the second, `thin` leaves two orderings.
    """

    beta: float = 0.0
    model: float = 2.5
    common: float = 0.3
    slope: float = 0.15
    sets: float = 0.0
    adds: float = 0.0
    average: bool = False
    clean: float = 0.0
    source: float = 0.0
    along: float = 0.0
    along_source: float = 0.0
    english: float = 0.1
    abroad: float = 0.0
    noise: float = 1.0
    top: bool = True
    beyond: float = 0.0
    logistic: bool = False
    floor: float = 0.0
    weak: float = 0.1
    tails: bool = False
    growing: float = 0.0
    missing: float = 0.0
    thin: bool = False
    false: tuple[str, ...] = ("exacerbates", "mitigates", "accuracy", "shrinks")


BEYOND = ("exacerbates", "mitigates")
DOWN, UP = {"clean": -0.1, "source": -0.1}, {"clean": 0.1, "source": 0.1}
WORLDS: Mapping[str, World] = {
    "nothing happens": World(),
    "nothing happens, slopes even": World(slope=0.0, common=0.0),
    "sets of tasks matter, 1 point": World(sets=1.0),
    "sets of tasks matter, 1.5 points": World(sets=1.5),
    "tasks matter on average, 3 points": World(adds=3.0, average=True),
    "tasks add up, 1 point each": World(adds=1.0),
    "accuracy rises": World(**UP),
    "accuracy falls": World(**DOWN),
    "accuracy rises, cost falls with it": World(**UP, along=-0.5, false=(*BEYOND, "accuracy")),
    "accuracy falls, cost rises with it": World(**DOWN, along=-0.5, false=(*BEYOND, "shrinks")),
    "accuracy rises, cost rises with it": World(**UP, along=0.5, false=(*BEYOND, "shrinks")),
    "accuracy falls abroad only, English in step": World(
        clean=-0.1, along=-0.5, english=0.0, false=(*BEYOND, "shrinks")
    ),
    "accuracy falls abroad only": World(clean=-0.1, along=-0.5, false=(*BEYOND, "shrinks")),
    "accuracy falls abroad only, English scatters": World(
        clean=-0.1, along=-0.5, english=0.25, false=(*BEYOND, "shrinks")
    ),
    "accuracy falls in English only": World(source=-0.1, along_source=-0.5, false=(*BEYOND, "shrinks")),
    "both act, both scatter": World(
        **DOWN, along=-0.3, along_source=-0.3, english=0.25, abroad=0.25, false=(*BEYOND, "shrinks")
    ),
    "references with noise": World(**DOWN, along=-0.5, noise=3.0, false=(*BEYOND, "shrinks")),
    "logistic margins, accuracy falls": World(clean=-0.08, source=-0.08, logistic=True),
    "logistic margins, accuracy rises": World(clean=0.08, source=0.08, logistic=True),
    "chance floor, weak languages, accuracy falls": World(**DOWN, floor=0.33, weak=0.3),
    "chance floor, weak languages, accuracy rises": World(**UP, floor=0.33, weak=0.3),
    "beyond the references": World(**UP, along=0.5, beyond=0.25, top=False, false=(*BEYOND, "shrinks")),
    "beyond the references, logistic": World(**UP, logistic=True, beyond=0.25, top=False),
    "heavy tails": World(tails=True),
    "variance grows with k": World(growing=0.5),
    "a fifth of trajectories missing": World(missing=0.2),
    "heads with two orderings": World(thin=True),
    "one point a doubling": World(beta=1.0, false=("mitigates", "shrinks", "accuracy")),
    "minus one point a doubling": World(beta=-1.0, false=("exacerbates", "accuracy", "shrinks")),
}
KINDS = ("exacerbates", "accuracy", "mitigates", "shrinks", "none", "inconclusive")


@dataclass(frozen=True)
class Sweeps:
    """Simulated sweeps: scores by scale [sims, R, T, K], those of references [sims, T, models], and the tasks models hold."""

    models: Mapping[str, ScoreTables]
    references: Mapping[str, ScoreTables]
    holds: Any
    x: Any


class _Draw:
    """Random numbers of one world and design."""

    def __init__(self, world: World, design: Design, sims: int, seed: int) -> None:
        self.world, self.design, self.sims = world, design, sims
        self.rng = np.random.default_rng([seed, design.orderings, design.heads, *design.k])
        self.holds, self.x = held(design.orders, design.k), np.log2(design.k)
        self.shape = (sims, design.orderings, design.heads, len(design.k))

    def points(self, sd: float, *size: int) -> Any:
        drawn = self.rng.standard_t(3, size) / 3**0.5 if self.world.tails else self.rng.normal(0, 1, size)
        return drawn * sd * POINT

    def costs(self) -> Any:
        """What is added to D of each model."""
        w, (sims, r, t, k) = self.world, self.shape
        own = self.points(w.model * (1 - w.common) ** 0.5, *self.shape) + self.points(
            w.model * w.common**0.5, sims, r, 1, k
        )
        slope = w.beta * POINT + self.points(w.slope, sims, r, 1, 1) + self.points(w.slope, sims, 1, t, 1)
        sets, share = set_numbers(self.holds), self.holds
        if w.average:
            share = share / np.array(self.design.k)[:, None]
        by_set = self.points(w.sets, sims, int(sets.max()) + 1)[:, sets]
        by_task = np.einsum("rki,si->srk", share, self.points(w.adds, sims, share.shape[-1]))
        return (1 + w.growing * self.x) * own + slope * self.x + (by_set + by_task)[:, :, None, :]

    def sweeps(self) -> Sweeps:
        w, (sims, _, t, _) = self.world, self.shape
        head, jitter = self.rng.normal(0, 0.1, (sims, 1, t, 1)), self.rng.normal(0, 0.03, self.shape)
        place = self.rng.normal(0, w.weak, (sims, 1, t, 1, self.design.languages))
        mu = MU + head + jitter + w.clean * self.x + w.beyond
        source = MU + 0.3 + head + jitter + self.rng.normal(0, 0.02, self.shape) + w.source * self.x + w.beyond
        models = self.scores(mu, source, self._cost(mu, source) + self.costs(), place)
        spread = np.minimum(np.concatenate([SPREAD, np.zeros(self.design.orderings)]), np.inf if w.top else 0.0)
        size = (sims, 1, t, len(spread))
        level = head + spread + self.rng.normal(0, 0.03 * w.noise, size)
        mu = MU + level + self.rng.normal(0, w.abroad, size)
        source = MU + 0.3 + level + self.rng.normal(0, 0.03, size) + self.rng.normal(0, w.english, size)
        lines = self.scores(mu, source, self._cost(mu, source) + self.points(w.model * w.noise, *size), place)
        return Sweeps(models, {scale: _referring(told) for scale, told in lines.items()}, self.holds, self.x)

    def _cost(self, mu: Any, source: Any) -> Any:
        return COST + self.world.along * (mu - MU) + self.world.along_source * (source - MU - 0.3)

    def scores(self, mu: Any, source: Any, cost: Any, place: Any) -> dict[str, ScoreTables]:
        """Drawn scores on every scale, with the variances of clean ones."""
        w, n = self.world, self.design.rows

        def drawn(margins: Any) -> Any:
            share = expit(1.6 * margins) if w.logistic else ndtr(margins)
            return self.rng.binomial(n, w.floor + (1 - w.floor) * share) / n

        abroad = mu[..., None] - place
        clean, own = drawn(abroad), drawn(source)
        attacked = drawn((abroad - cost[..., None])[..., None] - ATTACKS)
        told = {}
        for scale in SCALES if w.floor else SCALES[:2]:
            c, a, s = (scaled(values, n, w.floor, scale) for values in (clean, attacked, own))
            errors = (scaled_variance(values, n, w.floor, scale) for values in (clean, own))
            error, own_error = errors
            told[scale] = ScoreTables(
                c.mean(-1), a.mean((-2, -1)), s, error.mean(-1) / self.design.languages, own_error
            )
        return told


def _referring(told: ScoreTables) -> ScoreTables:
    """References [sims, T, models] with their mean errors."""
    clean, attacked, source, error, own = (np.asarray(getattr(told, field.name))[:, 0] for field in fields(ScoreTables))
    return ScoreTables(clean, attacked, source, error.mean(-1), own.mean(-1))


def simulate(world: World, design: Design, sims: int, seed: int = 0) -> Sweeps:
    """So many sweeps of a design in a world."""
    return _Draw(world, design, sims, seed).sweeps()


def judged(world: World, design: Design, sims: int, seed: int = 0) -> Iterator[Evidence]:
    """The evidence of each simulated sweep, as `report` has it of a store."""
    found = simulate(world, design, sims, seed)
    if world.missing or world.thin:
        rng = np.random.default_rng([seed, sims])
        for n in range(sims):
            yield next(_evidence(_thinned(_only(found, n), world, rng)))
        return
    yield from _evidence(found)


def _evidence(found: Sweeps) -> Iterator[Evidence]:
    costs, pool = {}, None
    for scale, told in found.models.items():
        cost = told.clean - told.attacked
        costs[scale] = interval(slopes(cost, found.x), shared=shared(cost, found.holds, found.x))
        pool = pool or interval(slopes(cost, found.x))
    read = readings(found.models, found.references, found.x)
    models, lines = found.models["probit"], found.references["probit"]
    for n in range(len(np.atleast_1d(costs["probit"].mean))):
        own = {scale: _one(cost, n) for scale, cost in costs.items()}
        told = tuple(replace(each, excess=_one(each.excess, n), expected=_one(each.expected, n)) for each in read)
        yield Evidence(own["probit"], _one(pool, n), own, told, tuple(_spans(models, lines, n)))


def _spans(models: ScoreTables, lines: ScoreTables, n: int) -> Iterator[Span]:
    for by, own, line in (("abroad", models.clean, lines.clean), ("source", models.source, lines.source)):
        own, line = (values if values.ndim == size else values[n] for values, size in ((own, 3), (line, 2)))
        for head in range(line.shape[0]):
            levels = np.nanmean(own[:, head], axis=0)
            yield Span(str(head), by, (line[head].min(), line[head].max()), (levels.min(), levels.max()))


def _only(found: Sweeps, n: int) -> Sweeps:
    def one(told: Mapping[str, ScoreTables]) -> dict[str, ScoreTables]:
        return {
            scale: ScoreTables(*(np.asarray(getattr(scores, field.name))[n] for field in fields(ScoreTables)))
            for scale, scores in told.items()
        }

    return Sweeps(one(found.models), one(found.references), found.holds, found.x)


def _thinned(found: Sweeps, world: World, rng: Any) -> Sweeps:
    r, t = found.models["probit"].clean.shape[:2]
    gone = rng.random((r, t)) < world.missing
    if world.thin:
        for head in range(2, t):
            gone[rng.permutation(r)[2:], head] = True
    gone[rng.permutation(r)[:2], :] &= world.thin  # two orderings stay whole, so that every head has two
    models = {
        scale: ScoreTables(
            *(np.where(gone[..., None], np.nan, values) for values in (told.clean, told.attacked, told.source))
        )
        for scale, told in found.models.items()
    }
    return Sweeps(models, found.references, found.holds, found.x)


def _one(found: Interval, n: int) -> Interval:
    """The interval of one sweep."""
    if not np.ndim(found.mean):
        return found
    told = {field.name: getattr(found, field.name) for field in fields(Interval)}
    return Interval(**{name: np.broadcast_to(value, found.mean.shape)[n].item() for name, value in told.items()})


def rates(world: World, design: Design, sims: int, seed: int = 0, plan: Plan | None = None) -> dict[str, float]:
    """Shares of the six verdicts, of sweeps whose verdict is `false`, and of intervals that cover beta; `alone` is that for the pool."""
    counts, covers, alone = Counter[str](), 0, 0
    for found in judged(world, design, sims, seed):
        counts[decide(found, plan or Plan())] += 1
        covers += float(found.slope.low) <= world.beta * POINT <= float(found.slope.high)
        alone += float(found.pool.low) <= world.beta * POINT <= float(found.pool.high)
    shares = {kind: counts[kind] / sims for kind in KINDS}
    wrong = sum(shares[kind] for kind in world.false)
    return {**shares, "false": wrong, "covers": covers / sims, "alone": alone / sims}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sims", type=int, default=1000, help="simulated sweeps a line")
    parser.add_argument("--designs", default=",".join(DESIGNS))
    parser.add_argument("--worlds", default=";".join(WORLDS), help="with ; between them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path())
    given = parser.parse_args()
    started, table = time.monotonic(), dict[str, Any]()
    print(
        f"{given.sims} sweeps a line, seed {given.seed}; per cent, with the simulation's standard error of what is false\n"
    )
    for name in given.designs.split(","):
        print(
            f"{name}: {DESIGNS[name]}\n{'':48}{'false':>12}"
            + "".join(f"{kind[:9]:>10}" for kind in (*KINDS, "covers", "alone"))
        )
        for world in given.worlds.split(";"):
            found = rates(WORLDS[world], DESIGNS[name], given.sims, given.seed)
            table.setdefault(name, {})[world] = found
            error = (max(found["false"], 1 / given.sims) * (1 - found["false"]) / given.sims) ** 0.5
            rest = "".join(f"{100 * found[kind]:>10.1f}" for kind in (*KINDS, "covers", "alone"))
            print(f"{world:<48}{100 * found['false']:>6.1f} ±{100 * error:>4.1f}{rest}", flush=True)
        print()
    told = {"sims": given.sims, "seed": given.seed, "point": POINT, "seconds": round(time.monotonic() - started, 1)}
    (given.out / "calibration.json").write_text(json.dumps({**told, "rates": table}, indent=1))
    print(f"{told['seconds']} s; written to {given.out / 'calibration.json'}")


if __name__ == "__main__":
    sys.exit(main())
