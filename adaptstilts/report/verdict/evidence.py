"""What a verdict rests on: slopes of the cost on every scale, what clean accuracy explains of them, and where it was looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from adaptstilts.report.frame import Frame
from adaptstilts.report.verdict.margins import margin_lines
from adaptstilts.report.verdict.reference import references
from adaptstilts.report.verdict.trajectories import Trajectories
from adaptstilts.statistics.clustered_interval import Interval, interval
from adaptstilts.statistics.estimands import SCALES, Array
from adaptstilts.statistics.membership import held, shared
from adaptstilts.statistics.readings import LineReading, ScoreTables, readings
from adaptstilts.statistics.slopes import slopes
from adaptstilts.store.registration import Plan

BEYOND = 0.05
"""Probit units by which a mean may lie outside the references' range: 2 points at 50 %, about what test rows leave open."""


@dataclass(frozen=True)
class Span:
    """Clean accuracy of one target, abroad or in the source language: the references' range, and that of means over orderings by k."""

    target: str
    by: str
    references: tuple[float, float]
    models: tuple[float, float]

    @property
    def outside(self) -> bool:
        """Whether the models lie beyond the range by more than BEYOND; all are probits."""
        return self.models[0] < self.references[0] - BEYOND or self.models[1] > self.references[1] + BEYOND

    def as_dict(self) -> dict[str, Any]:
        ends = {name: [float(ndtr(end)) for end in getattr(self, name)] for name in ("references", "models")}
        return {"target": self.target, "by": self.by, **ends, "outside": self.outside}


@dataclass(frozen=True)
class Evidence:
    """`slope` is beta's interval for tasks like these, `pool` that for these tasks alone.

    `costs` are the slopes of the cost by scale, for tasks like these; `readings` what the references leave of them (none without
    references), `spans` where these lie, `margins` by target how an attacked score would go with a clean one if the models' own margins
    all shifted: 1 where they are Gaussian.
    """

    slope: Interval
    pool: Interval
    costs: Mapping[str, Interval] = field(default_factory=dict)
    readings: tuple[LineReading, ...] = ()
    spans: tuple[Span, ...] = ()
    margins: Mapping[str, float] = field(default_factory=dict)
    tasks: int = 0

    @property
    def side(self) -> int:
        """1 where the cost grows on every scale, -1 where it falls, 0 where they do not agree or tell neither."""
        return _side(list(self.costs.values()))

    @property
    def beyond(self) -> bool:
        """Whether the change goes beyond what clean accuracy explains, under every reading."""
        return bool(self.side) and _side([reading.excess for reading in self.readings]) == -self.side

    @property
    def explained(self) -> bool:
        """Whether clean accuracy would have made a change of the same sign, under every reading."""
        return bool(self.side) and _side([reading.expected for reading in self.readings]) == self.side

    @property
    def tellable(self) -> bool:
        """Whether references, heads and range allow it to be told from accuracy."""
        whole = all(reading.excess.units == self.slope.units for reading in self.readings)
        return bool(self.readings) and whole and self.slope.heads >= 2 and not any(span.outside for span in self.spans)

    def as_dict(self) -> dict[str, Any]:
        """Plain values: the interval for these tasks alone, slopes by scale, readings, ranges and lines of margins."""
        told = [
            {
                "scale": r.scale,
                "by": r.by,
                "corrected": r.corrected,
                "excess": r.excess.as_dict(),
                "expected": r.expected.as_dict(),
            }
            for r in self.readings
        ]
        return {
            "pool": self.pool.as_dict(), "tasks": self.tasks, "scales": {n: one.as_dict() for n, one in self.costs.items()},
            "readings": told, "ranges": [span.as_dict() for span in self.spans], "margins": dict(self.margins),
        }  # fmt: skip


def _side(found: list[Interval]) -> int:
    if found and all(one.low > 0 for one in found):
        return 1
    return -1 if found and all(one.high < 0 for one in found) else 0


@dataclass(frozen=True)
class _Grid:
    """Trajectories of one composition as arrays: orderings x targets x levels of k, targets sorted by head."""

    table: pd.DataFrame
    heads: tuple[str, ...]
    targets: tuple[str, ...]
    k: tuple[int, ...]

    @property
    def x(self) -> Array:
        return np.asarray(np.log2(self.k), float)

    def values(self, measure: str) -> Array:
        wide = self.table.pivot_table(index="ordering", columns=["target", "k"], values=measure, dropna=False)
        wide = wide.reindex(columns=pd.MultiIndex.from_product([self.targets, self.k]))
        return np.asarray(wide, float).reshape(len(wide), len(self.targets), len(self.k))

    def scores(self, scale: str) -> ScoreTables:
        return ScoreTables(*(self.values(f"{name}_{scale}") for name in ("clean", "attacked", "source")))

    def folded(self, table: Array) -> Array:
        """Means over the targets of each head, [orderings, heads]."""
        heads = dict.fromkeys(self.heads)
        return np.stack([_mean(table[:, [own == head for own in self.heads]]) for head in heads], axis=1)

    def held(self, frame: Frame) -> Array:
        """Which tasks the model of an ordering at each k holds; those of the first cell there is."""
        cells = frame.transfers[(frame.transfers["role"] == "k") & frame.transfers["k"].isin(self.k)]
        orders = {}
        for ordering, own in cells.sort_values("k").groupby("ordering"):
            orders[ordering] = tuple(own["tasks"].iloc[-1])
        return held([orders[ordering] for ordering in sorted(self.table["ordering"].unique())], self.k)


def evidence(frame: Frame, plan: Plan, found: Trajectories) -> Evidence:
    """The evidence on the plan's composition."""
    mine = found.of("k", plan.composition)
    above, level = mine[mine["k"] >= 1], 1 - plan.alpha
    if above.empty:
        nothing = interval(np.full((0, 0), np.nan), level)
        return Evidence(nothing, nothing)
    grid = _grid(above)
    chances = bool((found.series["chance"] > 0).any())
    models = {scale: grid.scores(scale) for scale in SCALES if chances or scale != "corrected"}
    holds, costs = grid.held(frame), dict[str, Interval]()
    for scale, scores in models.items():
        cost = scores.clean - scores.attacked
        by_head = np.stack([grid.folded(cost[..., n]) for n in range(len(grid.k))], axis=-1)
        together = shared(by_head, holds, grid.x) if len(by_head) > 1 and len(grid.k) > 1 else None
        costs[scale] = interval(grid.folded(slopes(cost, grid.x, plan.levels)), level, shared=together)
    told = models["probit"]
    pool = interval(grid.folded(slopes(told.clean - told.attacked, grid.x, plan.levels)), level)
    lines, margins = references(frame, plan, found, grid.targets), margin_lines(frame, plan, grid.targets)
    size = int((holds.sum((0, 1)) > 0).sum())
    if lines is None:
        return Evidence(costs["probit"], pool, costs, margins=margins, tasks=size)
    own = np.array([margins[target] for target in grid.targets]) if len(margins) == len(grid.targets) else None
    read = readings(models, lines, grid.x, level=level, least=plan.levels, margins=own, folded=grid.folded)
    spans = tuple(_spans(told, lines["probit"], grid.targets))
    return Evidence(costs["probit"], pool, costs, read, spans, margins, size)


def _grid(above: pd.DataFrame) -> _Grid:
    places = above[["head", "target"]].astype(str).drop_duplicates().sort_values(["head", "target"])
    k = tuple(sorted(int(value) for value in above["k"].unique()))
    return _Grid(above, tuple(places["head"]), tuple(places["target"]), k)


def _spans(models: ScoreTables, lines: ScoreTables, targets: Sequence[str]) -> Iterator[Span]:
    """Ranges by target of both clean scores; a model's mean over orderings at each k has to lie within that of the references."""
    for by, own, line in (("abroad", models.clean, lines.clean), ("source", models.source, lines.source)):
        for n, target in enumerate(targets):
            levels = _mean(own[:, n].T)
            if np.isfinite(levels).any() and np.isfinite(line[n]).any():
                ends = [(float(np.nanmin(values)), float(np.nanmax(values))) for values in (line[n], levels)]
                yield Span(target, by, *ends)


def _mean(values: Array) -> Array:
    """Means over the last axis of what is there; NaN where nothing is."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(there, values, 0.0).sum(-1) / there.sum(-1))
