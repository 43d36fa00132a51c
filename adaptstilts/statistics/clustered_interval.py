"""The interval of a mean over orderings and heads, as crossed clusters: variances, tests, what could be detected.

Models of one ordering share adapters and models of one head share data, so neither cells nor languages are independent.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from adaptstilts.statistics.estimands import Array
from adaptstilts.statistics.membership import Membership

FLOOR = 0.6
"""Chosen on simulated tables of slopes: with four or more of each, 5 % tests of the mean err in 1.4 to 6 % of cases whether slopes
vary over orderings, heads, both or neither (`benchmarks/calibration.py --sizes`)."""

FEW = 3
"""Up to so many orderings or heads, a variance between them is too uncertain for Satterthwaite's degrees of freedom: they are
held at 2 (min(R, T) - 1). Without that, 18 orderings of two heads would err in up to 12 %, with it in 5.7 % at most."""


@dataclass(frozen=True)
class Clustered:
    """Variances of a mean over an ordering x head table: by orderings, by heads, by units, and by their interaction.

    `unit` is V_RT of Cameron, Gelbach and Miller (2011), every unit a cluster; `rest` is the interaction's mean square
    over the number of units, which leaves out what orderings and heads have in common.
    """

    mean: Any
    ordering: Any
    head: Any
    unit: Any
    rest: Any
    orderings: int
    heads: int
    units: int

    @property
    def summed(self) -> Any:
        """V_R + V_T - V_RT, as statsmodels has it; it may be negative."""
        return self.ordering + self.head - self.unit


def clustered(table: ArrayLike) -> Clustered:
    """Variances of the mean of `table` [..., R, T]; a single table may lack units (NaN). Both R and T are at least 2."""
    b = np.asarray(table, float)
    if np.isnan(b).any():
        return _unbalanced(b)
    r, t = b.shape[-2:]
    mean = b.mean((-2, -1))
    off = b - mean[..., None, None]
    of_r, of_t = off.mean(-1, keepdims=True), off.mean(-2, keepdims=True)
    return Clustered(
        mean,
        (of_r**2).sum((-2, -1)) / (r * (r - 1)),
        (of_t**2).sum((-2, -1)) / (t * (t - 1)),
        (off**2).sum((-2, -1)) / (r * t * (r * t - 1)),
        ((off - of_r - of_t) ** 2).sum((-2, -1)) / ((r - 1) * (t - 1) * r * t),
        *(r, t, r * t),
    )


def _unbalanced(b: Array) -> Clustered:
    """The same over the units that are there: the mean over heads of each head's mean over orderings, every sum weighed so.

    The interaction is what an additive fit leaves.
    """
    b = b[np.isfinite(b).any(1)][:, np.isfinite(b).any(0)]
    r, t, there = *b.shape, np.isfinite(b)
    n, weights = int(there.sum()), there / there.sum(0) / t
    mean = float(np.nansum(weights * b))
    off = weights * np.where(there, b - mean, 0.0)
    rows, columns = np.nonzero(there)
    design = np.zeros((n, r + t))
    design[np.arange(n), rows] = design[np.arange(n), r + columns] = 1
    found, _, rank, _ = np.linalg.lstsq(design, b[there], rcond=None)
    free = max(n - int(rank), 1)
    rest = ((b[there] - design @ found) ** 2).sum() / free * (weights**2).sum()
    by_r = (off.sum(1) ** 2).sum() * r / max(r - 1, 1)
    by_t = (off.sum(0) ** 2).sum() * t / max(t - 1, 1)
    return Clustered(mean, by_r, by_t, (off**2).sum() * n / max(n - 1, 1), rest, r, t, n)


@dataclass(frozen=True)
class Interval:
    """A mean with its standard error, degrees of freedom, two-sided p against 0 and interval at `level`.

    Numbers, or arrays where many tables were given. `orderings` and `heads` say what it generalises over: 1 means that
    nothing is said beyond the one there is. `units` are the trajectories behind it: fewer than one of each where some are missing.
    """

    mean: Any
    se: Any
    df: Any
    p: Any
    low: Any
    high: Any
    level: float
    orderings: int
    heads: int
    units: int = 0

    def reach(self, level: float) -> Any:
        """How far the interval at another level goes either way."""
        return stdtrit(self.df, (1 + level) / 2) * self.se

    def at(self, level: float) -> tuple[Any, Any]:
        """The interval at another level."""
        return self.mean - self.reach(level), self.mean + self.reach(level)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers; None where there is none."""
        told = {name: finite(getattr(self, name)) for name in ("mean", "se", "df", "p", "low", "high")}
        return {**told, "level": self.level, "orderings": self.orderings, "heads": self.heads, "units": self.units}


def interval(
    table: ArrayLike, level: float = 0.95, *, floored: bool = False, shared: Membership | None = None
) -> Interval:
    """The mean of a table [..., R, T] of slopes with orderings and heads as random crossed clusters.

    V = V_R + V_T - V_E, the unbiased estimate under crossed random effects, not below FLOOR times the larger of V_R and V_T,
    with Satterthwaite's degrees of freedom between min(R, T) - 1 and RT - 1 (see FEW). `floored` gives the plainer
    V_R + V_T - V_RT, not below max(V_R, V_T), with min(R, T) - 1 degrees of freedom (Cameron, Gelbach and Miller 2011,
    made conservative), which errs far less often than its level where slopes do not vary (`benchmarks/calibration.py`
    measures both). With one ordering or one head only the other is clustered by; with one of each there is a mean and
    no interval. Heads count alike, however many of their orderings are there.

    With `shared` it is an interval for tasks like those that the models hold, and sees sets of tasks that come again; without, for
    these tasks alone.
    """
    b = np.asarray(table, float)
    if b.ndim > 2 and np.isnan(b).any():
        return _each(b, level, floored, shared or Membership())
    if b.ndim == 2:
        b = b[np.isfinite(b).any(1)][:, np.isfinite(b).any(0)]
    r, t = b.shape[-2:]
    if min(r, t) == 0:
        return _told(float("nan"), float("nan"), float("nan"), level, (r, t, 0))
    if min(r, t) == 1:
        return _one_way(b.reshape(*b.shape[:-2], r * t), level, r, t, shared if t == 1 else None)
    v, together = clustered(b), shared or Membership()
    v = replace(v, ordering=v.ordering * together.repeats)
    larger, least = np.maximum(v.ordering, v.head), min(r, t) - 1
    if floored:
        return _told(v.mean, np.sqrt(np.maximum(v.summed, larger)), least, level, (r, t, v.units))
    plain = v.ordering + v.head - v.rest
    spread = v.ordering**2 / (r - 1) + v.head**2 / (t - 1) + v.rest**2 / max((r - 1) * (t - 1), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        most = 2 * least if least < FEW else max(v.units - 1, least)
        df = np.clip(np.nan_to_num(plain**2 / spread, nan=least), least, most)
        crossed = np.maximum(plain, FLOOR * larger)
        whole = crossed + together.tasks
        df = np.fmax(whole**2 / (crossed**2 / df + together.tasks**2 / together.df), least)
    return _told(v.mean, np.sqrt(whole), df, level, (r, t, v.units))


def _each(b: Array, level: float, floored: bool, shared: Membership) -> Interval:
    """Intervals of many tables of which some lack units, one by one."""
    among = b.shape[:-2]
    tasks = np.broadcast_to(np.asarray(shared.tasks, float), among)
    found = [
        interval(b[at], level, floored=floored, shared=replace(shared, tasks=float(tasks[at])))
        for at in np.ndindex(among)
    ]
    told: dict[str, Any] = {
        each.name: np.reshape([getattr(one, each.name) for one in found], among) for each in fields(Interval)
    }
    return replace(Interval(**told), level=level)


def _one_way(b: Array, level: float, r: int, t: int, shared: Membership | None) -> Interval:
    n = b.shape[-1]
    if n == 1:
        return _told(b[..., 0], np.full(b.shape[:-1], np.nan), np.nan, level, (r, t, n))
    together = shared or Membership()
    own = b.var(-1, ddof=1) / n * together.repeats
    whole = own + together.tasks
    with np.errstate(invalid="ignore", divide="ignore"):
        df = np.nan_to_num(whole**2 / (own**2 / (n - 1) + together.tasks**2 / together.df), nan=n - 1)
    return _told(b.mean(-1), np.sqrt(whole), df, level, (r, t, n))


def _told(mean: Any, se: Any, df: Any, level: float, size: tuple[int, int, int]) -> Interval:
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * stdtr(df, -np.abs(mean / np.asarray(se)))
    reach = stdtrit(df, (1 + level) / 2) * se
    return Interval(mean, se, df, p, mean - reach, mean + reach, level, *size)


def equivalence(found: Interval, sesoi: float) -> Any:
    """TOST's p: the larger of the two one-sided tests that the mean lies within -sesoi and +sesoi (Schuirmann 1987)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        below = stdtr(found.df, -(found.mean + sesoi) / np.asarray(found.se))
        above = stdtr(found.df, (found.mean - sesoi) / np.asarray(found.se))
    return np.maximum(below, above)


def detectable(found: Interval, power: float = 0.8) -> Any:
    """The smallest mean that a two-sided test at the interval's level would find with this power."""
    return (stdtrit(found.df, (1 + found.level) / 2) + stdtrit(found.df, power)) * found.se


def finite(value: Any) -> float | None:
    """The value as a plain number; None where there is none."""
    number = float(value)
    return number if np.isfinite(number) else None
