"""Slopes on log2 k, steps, differences and gains of trajectories, laid out by ordering and head."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from adaptstilts.statistics.estimands import Array


def slopes(values: ArrayLike, x: ArrayLike, least: int = 2) -> Array:
    """Least-squares slopes over the last axis of `values` [..., K] on x [K]; NaN where fewer than `least` levels are there."""
    y, x = np.asarray(values, float), np.asarray(x, float)
    there = np.isfinite(y)
    count = there.sum(-1)
    enough = count >= max(least, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(there, x - (there * x).sum(-1, keepdims=True) / count[..., None], 0.0)
        found = (centred * np.where(there, y, 0.0)).sum(-1) / (centred**2).sum(-1)
    return np.where(enough, found, np.nan)


def slope_table(trajectory: pd.DataFrame, measure: str, least: int = 2) -> Array:
    """Slopes on log2 k, k >= 1, as [orderings, heads]: those of a head's targets averaged, NaN where there is none."""
    above = trajectory[trajectory["k"] >= 1]
    if above.empty:
        return np.full((0, 0), np.nan)
    wide = above.pivot_table(index=["head", "target", "ordering"], columns="x", values=measure, dropna=False)
    wide = wide.reindex(columns=sorted(above["x"].unique()))
    found = pd.Series(slopes(wide.to_numpy(float), wide.columns.to_numpy(float), least), index=wide.index)
    return _heads_by_orderings(found)


def first_step(trajectory: pd.DataFrame) -> Array:
    """D at k = 1 minus D at k = 0, as [orderings, heads]; apart, for no fusion and fusion of one differ in kind."""
    wide = trajectory.pivot_table(index=["head", "target", "ordering"], columns="k", values="D")
    if not {0, 1} <= set(wide.columns):
        return np.full((0, 0), np.nan)
    return _heads_by_orderings(wide[1] - wide[0])


def difference_table(mine: pd.DataFrame, own: pd.DataFrame) -> Array:
    """Mean over the k that both have of D of the one minus D of the other, as [orderings, heads]."""
    place = ["head", "target", "ordering", "k"]
    both = mine[mine["k"] >= 1].merge(own[own["k"] >= 1], on=place, suffixes=("", "_own"))
    values = both.assign(off=both["D"] - both["D_own"]).groupby(["head", "target", "ordering"])["off"].mean()
    return _heads_by_orderings(values)


def gain_table(means: pd.DataFrame, role: str, composition: str) -> Array:
    """Gains over `none` of transfers, means over k >= 1, as [orderings, heads]; NaN where there is none."""
    mine = means[(means["role"] == role) & (means["composition"] == composition) & (means["k"] >= 1)]
    mine = mine[(mine["head"] != "") & mine["gain"].notna()]
    return _heads_by_orderings(mine.groupby(["ordering", "head", "target"])["gain"].mean())


def _heads_by_orderings(found: pd.Series) -> Array:
    if found.empty:
        return np.full((0, 0), np.nan)
    table = found.groupby(level=["ordering", "head"]).mean().unstack("head")
    return np.asarray(table.to_numpy(float))
