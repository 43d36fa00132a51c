"""How often the verdict errs, where the truth is known: level, coverage, power and equivalence on simulated sweeps.

    python benchmarks/calibration.py                  # 4,000 sweeps a line, R = T = 8; a few minutes on one core
    python benchmarks/calibration.py --sims 500 --orderings 5 --heads 6
    python benchmarks/calibration.py --sizes          # level by size of the design, on tables of Gaussian slopes; seconds

Prints a table and writes calibration.json. A sweep is simulated row by row of its design: margins are Normal(mu, 1) clean and
Normal(mu - D, 1) attacked, so that D is the truth; scores are binomial draws of `ROWS` rows in each of 4 languages under each of 2
attacks; D is estimated, averaged, and judged by the very functions that judge records.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, logit, ndtr

from adaptstilts.report.verdict import decide
from adaptstilts.statistics.clustered_interval import Interval, equivalence, interval
from adaptstilts.statistics.estimands import probit_cost, smoothed
from adaptstilts.statistics.slopes import slopes
from adaptstilts.store.registration import Plan

KS = (1, 2, 4, 6, 9)
X = np.log2(KS)
MU, COST, ROWS, LANGUAGES, ATTACKS, REFERENCES = 1.04, 0.65, 300, 4, 2, 12
POINT = 0.01 / float(stats.norm.pdf(MU - COST))
"""Probit units of one point of accuracy where attacked scores lie (65 %): 0.027."""


@dataclass(frozen=True)
class Setting:
    """Standard deviations in points of accuracy: of D from model to model, of slopes over orderings and over heads.

    `shared` is the share of the model variance that the heads of one (ordering, k) have in common, for they have its adapters.
    """

    model: float
    by_ordering: float
    by_head: float
    shared: float


SETTINGS = {
    "noisy models, even slopes": Setting(2.5, 0.0, 0.0, 0.0),
    "noisy models, slopes vary": Setting(2.5, 0.15, 0.15, 0.3),
    "steady models, slopes vary much": Setting(1.0, 0.4, 0.4, 0.3),
}


@dataclass(frozen=True)
class Truth:
    """What a simulated sweep is made of: beta in points a doubling, the clean margin's slope, and how the cost goes with accuracy.

    `along` is how much D grows with the clean margin in all models, reference models too: an accuracy effect.
    """

    beta: float = 0.0
    clean_slope: float = 0.0
    along: float = 0.0


@dataclass(frozen=True)
class Sweeps:
    """Many simulated sweeps: D [sims, R, T, K], and rho alike where reference models were simulated too."""

    D: np.ndarray[Any, Any]
    rho: np.ndarray[Any, Any] | None


def simulate(
    setting: Setting, truth: Truth, sims: int, r: int, t: int, seed: int = 0, *, reference: bool = False
) -> Sweeps:
    """Sweeps with this truth; `reference` adds 12 models of k = 0 for each head and their lines."""
    rng = np.random.default_rng([seed, r, t])
    shape = (sims, r, t, len(KS))

    def normal(sd: float, *size: int) -> Any:
        return rng.normal(0, 1, size) * sd * POINT

    own = normal(setting.model * (1 - setting.shared) ** 0.5, *shape)
    common = normal(setting.model * setting.shared**0.5, sims, r, 1, len(KS))
    slope = truth.beta * POINT + normal(setting.by_ordering, sims, r, 1, 1) + normal(setting.by_head, sims, 1, t, 1)
    level = MU + rng.normal(0, 0.1, (sims, 1, t, 1)) + rng.normal(0, 0.03, shape)
    mu = level + truth.clean_slope * X
    cost = COST + slope * X + own + common + truth.along * (mu - MU)
    places = rng.normal(0, 0.1, (sims, 1, t, 1, LANGUAGES, 1)), np.array([0.0, 0.15])
    clean, attacked = _drawn(rng, mu[..., None, None] - places[0], cost[..., None, None] + places[1])
    d = probit_cost(clean, attacked, ROWS).mean((-2, -1))
    if not reference:
        return Sweeps(d, None)
    lower = np.linspace(0, 0.8, REFERENCES)
    mu0 = MU + rng.normal(0, 0.1, (sims, 1, t, 1)) - lower + rng.normal(0, 0.03, (sims, 1, t, REFERENCES))
    cost0 = COST + truth.along * (mu0 - MU) + normal(setting.model, sims, 1, t, REFERENCES)
    clean0, attacked0 = _drawn(rng, mu0[..., None, None] - places[0], cost0[..., None, None] + places[1])
    source, source0 = (_logit(rng.binomial(ROWS, ndtr(m + 0.2)) / ROWS) for m in (mu, mu0))
    rho = _above_line((clean, attacked, source), (clean0, attacked0, source0))
    return Sweeps(d, rho.mean((-2, -1)))


def _drawn(rng: Any, mu: Any, cost: Any) -> tuple[Any, Any]:
    attacked = ndtr(mu - cost)
    return rng.binomial(ROWS, np.broadcast_to(ndtr(mu), attacked.shape)) / ROWS, rng.binomial(ROWS, attacked) / ROWS


def _logit(score: Any) -> Any:
    return logit(smoothed(score, ROWS))


def _above_line(cells: tuple[Any, Any, Any], reference: tuple[Any, Any, Any]) -> Any:
    """Effective robustness of [sims, R, T, K, L, A] above lines fitted on [sims, 1, T, models, L, A], all at once."""

    def design(clean: Any, source: Any) -> Any:
        source = np.broadcast_to(source[..., None, None], clean.shape)
        return np.stack([np.ones(clean.shape), source, _logit(clean)], axis=-1)

    x0, y0 = np.moveaxis(design(reference[0], reference[2]), 3, -2), np.moveaxis(_logit(reference[1]), 3, -1)
    line = np.linalg.solve(np.swapaxes(x0, -1, -2) @ x0, (np.swapaxes(x0, -1, -2) @ y0[..., None]))[..., 0]
    x = np.moveaxis(design(cells[0], cells[2]), 3, -2)
    expected = np.moveaxis(expit((x @ line[..., None])[..., 0]), -1, 3)
    return smoothed(cells[1], ROWS) - expected


def kinds(sweeps: Sweeps, plan: Plan) -> Counter[str]:
    """How many sweeps get which verdict, by `report.verdict.decide` itself."""
    beta = interval(slopes(sweeps.D, X))
    rho = interval(slopes(sweeps.rho, X)) if sweeps.rho is not None else None
    return Counter(
        decide(_one(beta, n), _one(rho, n) if rho is not None else None, plan) for n in range(len(beta.mean))
    )


def _one(found: Interval, n: int) -> Interval:
    numbers = {
        name: np.broadcast_to(getattr(found, name), found.mean.shape)[n] for name in asdict(found) if name in _EACH
    }
    return Interval(**numbers, level=found.level, orderings=found.orderings, heads=found.heads)


_EACH = ("mean", "se", "df", "p", "low", "high")


def rates(sweeps: Sweeps, beta: float, *, floored: bool = False) -> dict[str, float]:
    """Shares of sweeps whose test rejects beta = 0, and whose 95 % interval covers the true beta (in points)."""
    found = interval(slopes(sweeps.D, X), floored=floored)
    true = beta * POINT
    covers = (found.low <= true) & (true <= found.high)
    return {"rejects": float(np.mean(found.p < 0.05)), "covers": float(np.mean(covers))}


def equivalent(sweeps: Sweeps, sesoi: float) -> float:
    """Share of sweeps that TOST calls equivalent at 5 %."""
    return float(np.mean(equivalence(interval(slopes(sweeps.D, X)), sesoi) < 0.05))


def naive(sweeps: Sweeps) -> float:
    """Share that plain least squares over all models rejects, every model its own unit."""
    d = sweeps.D
    off, x = d - d.mean(-1, keepdims=True), X - X.mean()
    units = d.shape[1] * d.shape[2]
    slope = (off * x).sum((1, 2, 3)) / units / (x**2).sum()
    free = units * (len(KS) - 1) - 1
    residual = off - slope[:, None, None, None] * x
    se = np.sqrt((residual**2).sum((1, 2, 3)) / free / units / (x**2).sum())
    return float(np.mean(2 * stats.t.sf(np.abs(slope / se), free) < 0.05))


def measured(sims: int, r: int, t: int, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Every line of the table."""
    found: dict[str, Any] = {}
    for name, setting in SETTINGS.items():
        null, point = (simulate(setting, Truth(beta), sims, r, t, seed=n) for n, beta in enumerate((0.0, 1.0)))
        edge = simulate(setting, Truth(0.05 / POINT), sims, r, t, seed=2)
        line = {
            "level": rates(null, 0.0)["rejects"],
            "covers": (rates(null, 0.0)["covers"] + rates(point, 1.0)["covers"]) / 2,
            "power, 1 point": rates(point, 1.0)["rejects"],
            "TOST at the edge": equivalent(edge, 0.05),
            "TOST at 0": equivalent(null, 0.05),
            "level, floored": rates(null, 0.0, floored=True)["rejects"],
            "covers, floored": rates(null, 0.0, floored=True)["covers"],
            "power, floored": rates(point, 1.0, floored=True)["rejects"],
            "level, all models": naive(null),
        }
        found[name] = line
        say(f"{name:<34}" + "".join(f"{100 * value:>10.1f}" for value in line.values()))
    return found


TRUTHS = {
    "no effect": Truth(),
    "clean accuracy alone moves (+0.1 a doubling)": Truth(0.0, clean_slope=0.1),
    "clean accuracy alone moves (-0.1 a doubling)": Truth(0.0, clean_slope=-0.1),
    "cost goes with accuracy, accuracy grows": Truth(0.0, clean_slope=0.1, along=0.5),
    "3 points a doubling": Truth(3.0),
    "-3 points a doubling": Truth(-3.0),
}


def judged(sims: int, r: int, t: int, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Shares of the five verdicts under each truth, in the second setting, with reference models."""
    setting, found = SETTINGS["noisy models, slopes vary"], {}
    for n, (name, truth) in enumerate(TRUTHS.items()):
        counts = kinds(simulate(setting, truth, sims, r, t, seed=10 + n, reference=True), Plan())
        found[name] = {kind: counts[kind] / sims for kind in VERDICTS}
        say(f"{name:<46}" + "".join(f"{100 * share:>14.1f}" for share in found[name].values()))
    return found


VERDICTS = ("exacerbates", "accuracy", "none", "mitigates", "inconclusive")


SIZES = ((2, 2), (5, 2), (18, 2), (3, 3), (18, 3), (4, 4), (5, 6), (9, 7), (8, 8), (12, 4), (4, 12))
SCATTER = {
    "even": (0, 0),
    "orderings": (1, 0),
    "heads": (0, 1),
    "both": (1, 1),
    "orderings 3": (3, 0),
    "heads 3": (0, 3),
    "both 3": (3, 3),
}
"""Standard deviations of slopes over orderings and heads, in those of a single slope."""


def level(r: int, t: int, by: tuple[float, float], sims: int, seed: int = 0, *, floored: bool = False) -> float:
    """Share of [r, t] tables of slopes with mean 0 that the 5 % test rejects; `by` as in SCATTER."""
    rng = np.random.default_rng([seed, r, t])
    table = (
        by[0] * rng.normal(size=(sims, r, 1)) + by[1] * rng.normal(size=(sims, 1, t)) + rng.normal(size=(sims, r, t))
    )
    return float(np.mean(interval(table, floored=floored).p < 0.05))


def sized(sims: int, say: Callable[[str], None] = lambda line: None) -> dict[str, dict[str, list[float]]]:
    """Level of the verdict's interval and of the floored one, by size and scatter."""
    found = {
        f"{r} x {t}": {
            name: [level(r, t, by, sims, floored=floored) for floored in (False, True)] for name, by in SCATTER.items()
        }
        for r, t in SIZES
    }
    for size, line in found.items():
        say(f"{size:<10}" + "".join(f"{100 * ours:>8.1f} /{100 * plain:>4.1f}" for ours, plain in line.values()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sims", type=int, default=4000, help="simulated sweeps a line")
    parser.add_argument("--orderings", type=int, default=8)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path())
    parser.add_argument("--sizes", action="store_true", help="only the level by size of the design")
    given = parser.parse_args()
    if given.sizes:
        print("per cent of tables rejected at 5 %: the verdict's interval / the floored one; slopes vary over\n")
        print(" " * 10 + "".join(f"{name:>14}" for name in SCATTER))
        sized(5 * given.sims, print)
        return
    started, size = time.monotonic(), (given.orderings, given.heads)
    print(f"{given.sims} sweeps a line, R = {size[0]}, T = {size[1]}, k {KS}, {ROWS} rows, per cent of sweeps\n")
    titles = ("level", "covers", "power 1", "TOST .05", "TOST 0", "floored", "covers", "power 1", "all models")
    print(" " * 34 + "".join(f"{title:>10.10}" for title in titles))
    table = measured(given.sims, *size, print)
    print("\n" + " " * 46 + "".join(f"{kind:>14}" for kind in VERDICTS))
    verdicts = judged(max(given.sims // 4, 1), *size, print)
    setting = {"sims": given.sims, "orderings": size[0], "heads": size[1], "k": KS, "rows": ROWS, "point": POINT}
    seconds = round(time.monotonic() - started, 1)
    told = {
        "setting": setting,
        "settings": {n: asdict(s) for n, s in SETTINGS.items()},
        "rates": table,
        "verdicts": verdicts,
    }
    (given.out / "calibration.json").write_text(json.dumps({**told, "seconds": seconds}, indent=1))
    print(f"\n{seconds} s; written to {given.out / 'calibration.json'}")


if __name__ == "__main__":
    sys.exit(main())
