"""From cells to trajectories: the robustness cost of each ordering and head at each k, and what was left out on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from adaptstilts.report.frame import Frame
from adaptstilts.report.frame.comparable import REASONS
from adaptstilts.statistics.estimands import SCALES, at_bounds, gap, probit_cost, relative_drop, scaled
from adaptstilts.store.registration import Plan

UNIT = ["role", "composition", "ordering", "head", "target"]
SERIES = [*UNIT, "attack", "severity", "budget", "language"]
ON_SCALES = [f"{what}_{scale}" for scale in SCALES for what in ("clean", "attacked", "source")]
MEASURES = ["D", "gap", "relative_drop", "success_rate", "clean", "attacked", *ON_SCALES]


@dataclass(frozen=True)
class Trajectories:
    """Means over attacks and languages without the source language.

    `table` has a row per UNIT and k with x = log2 k (NaN for k = 0), MEASURES, and `series`, how many (attack, language)
    went into the mean; every k >= 1 of a unit has the same ones. `series` has a row per series and k. `left_out`
    counts attacked scores by language that the plan asks for and that did not count, by reason, `outside` those that it does not
    ask for (the source language, other attacks); `used` are the keys of the scores that counted.
    """

    table: pd.DataFrame
    series: pd.DataFrame
    left_out: Mapping[str, int]
    outside: Mapping[str, int]
    used: tuple[str, ...]

    def of(self, role: str, composition: str) -> pd.DataFrame:
        """The rows of one composition's trajectories."""
        return self.table[(self.table["role"] == role) & (self.table["composition"] == composition)]


def trajectories(frame: Frame, plan: Plan) -> Trajectories:
    """The trajectories of the plan's composition and of every control and other composition beside it.

    k = 0 (`none`) is the start of every composition's and control's trajectory of the same ordering and target. A series
    is an attack in a language for one unit. It is dropped whole where its scores, by their mean over k >= 1, lie
    within two standard errors of chance or 1 (a cell's own luck must not choose at which k it counts), or where it
    lacks one of the unit's levels.
    """
    left, outside = Counter[str](), Counter[str]()
    cells = _planned_cells(frame, plan, left, outside)
    cells = _with_start(measured(cells, frame))
    cells = _without_bounds(cells, left)
    cells = _complete(cells, left)
    used = tuple(sorted(set(cells["score"])))
    return Trajectories(_means(cells, plan), cells, dict(+left), dict(+outside), used)


def _planned_cells(frame: Frame, plan: Plan, left: Counter[str], outside: Counter[str]) -> pd.DataFrame:
    """What the plan is about, without what cannot be compared."""
    return planned(frame.cells[frame.cells["role"].isin(["k", "control"])], plan, left, outside)


def planned(
    cells: pd.DataFrame, plan: Plan, left: Counter[str] | None = None, outside: Counter[str] | None = None
) -> pd.DataFrame:
    """The cells that the plan asks for and that can be compared; the others are counted by reason."""
    elsewhere: list[tuple[str, pd.Series]] = [
        ("the target trains nothing", cells["head"] == ""),
        ("texts found on another model", cells["texts_from"] != ""),
        ("attack outside the plan", ~cells["attack"].isin(list(plan.attacks))),
        ("severity outside the plan", ~cells["severity"].isin(list(plan.severities)) & bool(plan.severities)),
        ("budget outside the plan", ~cells["budget"].isin(list(plan.budgets)) & bool(plan.budgets)),
        ("language outside the plan", ~cells["language"].isin(list(plan.languages)) & bool(plan.languages)),
        ("source language", cells["source"].astype(bool)),
    ]
    wrong: list[tuple[str, pd.Series]] = [
        (REASONS["n/a"], cells["attacked"].isna()),
        *((REASONS[flag], excluded(cells, (flag,))) for flag in plan.exclusions),
    ]
    gone = pd.Series(False, index=cells.index)
    left, outside = Counter() if left is None else left, Counter() if outside is None else outside
    for counts, reasons in ((outside, elsewhere), (left, wrong)):
        for reason, holds in reasons:
            counts[reason] += int((holds & ~gone).sum())
            gone |= holds
    return cells[~gone]


def _with_start(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells of k >= 1, and those of k = 0 once for each (role, composition) that goes on from them."""
    start, above = cells[(cells["k"] == 0) & (cells["role"] == "k")], cells[cells["k"] >= 1]
    goes_on = above[UNIT].drop_duplicates()
    joined = goes_on.merge(start.drop(columns=["role", "composition"]), on=["ordering", "head", "target"])
    return pd.concat([above, joined[list(cells)]], ignore_index=True) if len(joined) else above.reset_index(drop=True)


def excluded(cells: pd.DataFrame, flags: tuple[str, ...]) -> pd.Series:
    """Which cells have one of the flags."""
    wanted = set(flags)
    return cells["flagged"].astype(str).map(lambda told: not wanted.isdisjoint(told.split())).astype(bool)


def measured(cells: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """The cells with MEASURES; `source_*` is the clean score of the same model in the source language."""
    clean, attacked = cells["clean"].astype(float), cells["attacked"].astype(float)
    n, chance = cells["reached"].astype(float), cells["chance"].astype(float).fillna(0.0)
    own = source_scores(frame).reindex(cells["transfer"])
    at = {
        "clean": (clean, n, chance),
        "attacked": (attacked, n, chance),
        "source": (own["value"], own["n"], own["chance"]),
    }
    scales = {
        f"{what}_{scale}": scaled(score, size, least, scale)
        for scale in SCALES
        for what, (score, size, least) in at.items()
    }
    return cells.assign(
        x=np.where(cells["k"] >= 1, np.log2(np.maximum(cells["k"].astype(float), 1)), np.nan),
        D=probit_cost(clean, attacked, n),
        gap=gap(clean, attacked),
        relative_drop=relative_drop(clean, attacked, chance),
        success_rate=cells["success_rate"].astype(float),
        clean=clean,
        attacked=attacked,
        reached=n,
        chance=chance,
        **scales,
    )


def source_scores(frame: Frame) -> pd.DataFrame:
    """Clean `value`, `n` and `chance` in the source language, by transfer."""
    found = frame.clean[frame.clean["source"].astype(bool)].drop_duplicates("transfer").set_index("transfer")
    found = found[["value", "n", "chance"]].astype(float)
    return found.fillna({"chance": 0.0})


def _without_bounds(cells: pd.DataFrame, left: Counter[str]) -> pd.DataFrame:
    if cells.empty:
        return cells
    means = cells[cells["k"] >= 1].groupby(SERIES, sort=False)[["clean", "attacked", "reached", "chance"]].mean()
    clean, attacked, n, chance = (means[name] for name in means)
    bound = at_bounds(clean, n, chance) | at_bounds(attacked, n, chance)
    at = pd.Series(bound, index=means.index, name="bound").reset_index()
    gone = _matched(cells, at[at["bound"]])
    left["a score within two standard errors of chance or 1"] += int((gone & (cells["k"] >= 1)).sum())
    return cells[~gone]


def _complete(cells: pd.DataFrame, left: Counter[str]) -> pd.DataFrame:
    """Series that have every level of k >= 1 which their unit has in any."""
    above = cells[cells["k"] >= 1]
    wanted = above.groupby(UNIT)["k"].nunique().rename("wanted").reset_index()
    held = above.groupby(SERIES)["k"].nunique().rename("held").reset_index().merge(wanted, on=UNIT)
    gone = _matched(cells, held[held["held"] < held["wanted"]])
    if gone.any():
        left["not scored at every k"] += int((gone & (cells["k"] >= 1)).sum())
    return cells[~gone]


def _matched(cells: pd.DataFrame, series: pd.DataFrame) -> pd.Series:
    """Which cells belong to the series."""
    marks = pd.MultiIndex.from_frame(series[SERIES])
    return pd.Series(pd.MultiIndex.from_frame(cells[SERIES]).isin(marks), index=cells.index)


def _means(cells: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Means with the plan's weights: languages alike within an attack, replicates alike within a series."""
    keys = [*UNIT, "k", "x"]
    if cells.empty:
        return pd.DataFrame(columns=[*keys, *MEASURES, "series"])
    return weighed(cells, plan, UNIT, keys)


def weighed(cells: pd.DataFrame, plan: Plan, unit: list[str], keys: list[str]) -> pd.DataFrame:
    """Means of MEASURES and the number of `series` by `keys`; a unit's series are averaged within attacks first."""
    place = [*unit, "attack", "severity", "budget"]
    more = [name for name in keys if name not in unit]
    series = cells.groupby([*place, "language", *more], sort=False, dropna=False)[MEASURES].mean().reset_index()
    by_attack = series.groupby([*place, *more], sort=False, dropna=False)
    attacks = by_attack[MEASURES].mean().reset_index().assign(series=by_attack.size().to_numpy())
    weights = attacks["attack"].map(dict(plan.attacks)).fillna(0.0)
    weighed = attacks[MEASURES].mul(weights, axis=0).assign(weight=weights, series=attacks["series"])
    total = pd.concat([attacks[keys], weighed], axis=1).groupby(keys, sort=True, dropna=False).sum(min_count=1)
    means = total[MEASURES].div(total["weight"], axis=0)
    return means.assign(series=total["series"]).reset_index()
