"""What a verdict is: the answer, the intervals behind it, heads, controls, and what did not count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from adaptstilts.report.verdict.evidence import Evidence
from adaptstilts.report.verdict.grounds import Grounds, Registered
from adaptstilts.report.verdict.trajectories import Trajectories
from adaptstilts.statistics.clustered_interval import Interval, finite
from adaptstilts.statistics.estimands import points_of
from adaptstilts.statistics.secondary import Mixed, Trend
from adaptstilts.store.registration import Plan

Kind = Literal["exacerbates", "accuracy", "mitigates", "shrinks", "none", "inconclusive"]


@dataclass(frozen=True)
class HeadSlope:
    """One head's slope of D, its orderings as replications; `holm` is p adjusted over all heads."""

    head: str
    slope: Interval
    holm: float | None

    def as_dict(self) -> dict[str, Any]:
        return {"head": self.head, **self.slope.as_dict(), "holm": self.holm}


@dataclass(frozen=True)
class Control:
    """A control or other composition beside the question's.

    Its slope of D, D of the question's minus its own at equal k, and its gain over `none` in clean accuracy abroad.
    """

    role: str
    composition: str
    slope: Interval
    difference: Interval
    gain: Interval
    k: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        told = {"role": self.role, "composition": self.composition, "k": list(self.k)}
        return {**told, **{name: getattr(self, name).as_dict() for name in ("slope", "difference", "gain")}}


@dataclass(frozen=True)
class Verdict:
    """The answer and everything behind it.

    `slope` is beta with its interval, in probit units of D a doubling of k, `evidence` what stands behind it. `narrow` is
    beta's interval at 1 - 2 alpha, which TOST compares with the SESOI. `floored` is the plainer, conservative interval for
    these tasks alone; `first` the step from k = 0 to k = 1; `clean` the slope of the clean probit; `gain` what the composition
    gains over `none` in clean accuracy abroad. `mds` is the slope that 80 % of such sweeps would find. `left_out` counts
    scores that the plan asks for and that cannot count, `outside` those that it does not ask for.
    """

    kind: Kind
    sentence: str
    plan: Plan
    evidence: Evidence
    tost_p: float
    narrow: tuple[float, float]
    mds: float
    floored: Interval
    first: Interval
    clean: Interval
    gain: Interval
    heads: tuple[HeadSlope, ...]
    controls: tuple[Control, ...]
    page: Trend
    mixed: Mixed
    left_out: Mapping[str, int]
    outside: Mapping[str, int]
    counted: int
    pending: int
    grounds: Grounds
    trajectories: Trajectories

    @property
    def slope(self) -> Interval:
        return self.evidence.slope

    @property
    def rho(self) -> Interval | None:
        """The slope of effective robustness beyond the references' line, in the reading that says least; None without a line."""
        sign = -1 if self.beta < 0 else 1
        found = [reading.excess for reading in self.evidence.readings if np.isfinite(reading.excess.se)]
        return max(found, key=lambda one: float(one.high if sign > 0 else -one.low), default=None)

    @property
    def beta(self) -> float:
        return float(self.slope.mean)

    @property
    def ci(self) -> tuple[float, float]:
        return float(self.slope.low), float(self.slope.high)

    @property
    def p(self) -> float:
        return float(self.slope.p)

    @property
    def df(self) -> float:
        return float(self.slope.df)

    @property
    def R(self) -> int:
        """Orderings."""
        return self.slope.orderings

    @property
    def T(self) -> int:
        """Heads."""
        return self.slope.heads

    @property
    def points(self) -> tuple[float, float] | None:
        """beta in points of accuracy a doubling, and the mean attacked score at the least k where it is that; None without beta."""
        mine = self.trajectories.of("k", self.plan.composition)
        above = mine[mine["k"] >= 1]
        if not np.isfinite(self.beta):
            return None
        attacked = float(above.loc[above["k"] == above["k"].min(), "attacked"].mean())
        return points_of(self.beta, attacked), attacked

    @property
    def registration(self) -> Registered:
        return self.grounds.registration

    def in_points(self, probits: float) -> float:
        """Probit units of cost as points of accuracy at the attacked score of the least k; NaN where there is none."""
        return points_of(probits, self.points[1]) if self.points else float("nan")

    @property
    def preregistered(self) -> bool:
        return self.registration == "yes"

    @property
    def alpha(self) -> float:
        """The level of the tests: the plan's, or what of it this look may use."""
        return self.grounds.level(self.plan.alpha)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the trajectories; None where a number is not there."""
        names = ("slope", "rho", "floored", "first", "clean", "gain")
        intervals = {name: getattr(self, name) for name in names}
        within = [finite(end) for end in self.narrow]
        return {
            "kind": self.kind,
            "sentence": self.sentence,
            **{name: found.as_dict() if found else None for name, found in intervals.items()},
            **self.evidence.as_dict(),
            "points": self.points[0] if self.points else None,
            "tost": {"p": finite(self.tost_p), "sesoi": self.plan.sesoi, "interval": within},
            "minimum_detectable_slope": finite(self.mds),
            "minimum_detectable_points": finite(self.in_points(self.mds)),
            "orderings": self.R,
            "heads": [head.as_dict() for head in self.heads],
            "controls": [control.as_dict() for control in self.controls],
            "page": asdict(self.page),
            "mixed": asdict(self.mixed),
            "left_out": dict(self.left_out),
            "outside": dict(self.outside),
            "counted": self.counted,
            "pending": self.pending,
            "preregistration": self.registration,
            "grounds": self.grounds.as_dict(),
            "plan": {
                "digest": self.plan.digest,
                "line": self.plan.line,
                "sesoi": self.plan.sesoi,
                "alpha": self.plan.alpha,
                "level": self.alpha,
            },
        }
