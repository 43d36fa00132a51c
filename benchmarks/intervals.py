"""How often the crossed interval errs, where the truth is known: level, coverage, power and equivalence on simulated sweeps.

    python benchmarks/intervals.py                  # 4,000 sweeps a line, R = T = 8; a few minutes on one core
    python benchmarks/intervals.py --sims 500 --orderings 5 --heads 6
    python benchmarks/intervals.py --sizes          # level by size of the design, on tables of Gaussian slopes; seconds

Prints a table and writes intervals.json. Orderings are independent draws here; what shared tasks, reference models and clean accuracy
do to the verdict is `calibration.py`'s. A sweep is simulated row by row of its design: margins are Normal(mu, 1) clean and
Normal(mu - D, 1) attacked, so that D is the truth; scores are binomial draws of `ROWS` rows in each of 4 languages under each of 2
attacks; D is estimated, averaged, and judged by the very functions that judge records.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import ndtr

from adaptstilts.statistics.clustered_interval import equivalence, interval
from adaptstilts.statistics.estimands import probit_cost
from adaptstilts.statistics.slopes import slopes

KS = (1, 2, 4, 6, 9)
X = np.log2(KS)
MU, COST, ROWS, LANGUAGES, ATTACKS = 1.04, 0.65, 300, 4, 2
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


def simulate(setting: Setting, beta: float, sims: int, r: int, t: int, seed: int = 0) -> Any:
    """D of sweeps with this slope in points a doubling, [sims, R, T, K]."""
    rng = np.random.default_rng([seed, r, t])
    shape = (sims, r, t, len(KS))

    def normal(sd: float, *size: int) -> Any:
        return rng.normal(0, 1, size) * sd * POINT

    own = normal(setting.model * (1 - setting.shared) ** 0.5, *shape)
    common = normal(setting.model * setting.shared**0.5, sims, r, 1, len(KS))
    slope = beta * POINT + normal(setting.by_ordering, sims, r, 1, 1) + normal(setting.by_head, sims, 1, t, 1)
    mu = MU + rng.normal(0, 0.1, (sims, 1, t, 1)) + rng.normal(0, 0.03, shape)
    cost = COST + slope * X + own + common
    places = rng.normal(0, 0.1, (sims, 1, t, 1, LANGUAGES, 1)), np.array([0.0, 0.15])
    clean, attacked = _drawn(rng, mu[..., None, None] - places[0], cost[..., None, None] + places[1])
    return probit_cost(clean, attacked, ROWS).mean((-2, -1))


def _drawn(rng: Any, mu: Any, cost: Any) -> tuple[Any, Any]:
    attacked = ndtr(mu - cost)
    return rng.binomial(ROWS, np.broadcast_to(ndtr(mu), attacked.shape)) / ROWS, rng.binomial(ROWS, attacked) / ROWS


def rates(sweeps: Any, beta: float, *, floored: bool = False) -> dict[str, float]:
    """Shares of sweeps whose test rejects beta = 0, and whose 95 % interval covers the true beta (in points)."""
    found = interval(slopes(sweeps, X), floored=floored)
    true = beta * POINT
    covers = (found.low <= true) & (true <= found.high)
    return {"rejects": float(np.mean(found.p < 0.05)), "covers": float(np.mean(covers))}


def equivalent(sweeps: Any, sesoi: float) -> float:
    """Share of sweeps that TOST calls equivalent at 5 %."""
    return float(np.mean(equivalence(interval(slopes(sweeps, X)), sesoi) < 0.05))


def naive(sweeps: Any) -> float:
    """Share that plain least squares over all models rejects, every model its own unit."""
    d = sweeps
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
        null, point = (simulate(setting, beta, sims, r, t, seed=n) for n, beta in enumerate((0.0, 1.0)))
        edge = simulate(setting, 0.05 / POINT, sims, r, t, seed=2)
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
    setting = {"sims": given.sims, "orderings": size[0], "heads": size[1], "k": KS, "rows": ROWS, "point": POINT}
    seconds = round(time.monotonic() - started, 1)
    told = {
        "setting": setting,
        "settings": {n: asdict(s) for n, s in SETTINGS.items()},
        "rates": table,
    }
    (given.out / "intervals.json").write_text(json.dumps({**told, "seconds": seconds}, indent=1))
    print(f"\n{seconds} s; written to {given.out / 'intervals.json'}")


if __name__ == "__main__":
    sys.exit(main())
