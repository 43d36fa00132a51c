"""Slopes, steps and differences of trajectories, laid out by ordering and head."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.statistics.clusters import slopes


def slope_table(trajectory: pd.DataFrame, measure: str, least: int = 2) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Slopes on log2 k, k >= 1, as [orderings, heads]: those of a head's targets averaged, NaN where there is none."""
    above = trajectory[trajectory["k"] >= 1]
    if above.empty:
        return np.full((0, 0), np.nan)
    wide = above.pivot_table(index=["head", "target", "ordering"], columns="x", values=measure, dropna=False)
    wide = wide.reindex(columns=sorted(above["x"].unique()))
    found = pd.Series(slopes(wide.to_numpy(float), wide.columns.to_numpy(float), least), index=wide.index)
    return _heads_by_orderings(found)


def first_step(trajectory: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """D at k = 1 minus D at k = 0, as [orderings, heads]; apart, for no fusion and fusion of one differ in kind."""
    wide = trajectory.pivot_table(index=["head", "target", "ordering"], columns="k", values="D")
    if not {0, 1} <= set(wide.columns):
        return np.full((0, 0), np.nan)
    return _heads_by_orderings(wide[1] - wide[0])


def difference_table(mine: pd.DataFrame, own: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mean over the k that both have of D of the one minus D of the other, as [orderings, heads]."""
    place = ["head", "target", "ordering", "k"]
    both = mine[mine["k"] >= 1].merge(own[own["k"] >= 1], on=place, suffixes=("", "_own"))
    values = both.assign(off=both["D"] - both["D_own"]).groupby(["head", "target", "ordering"])["off"].mean()
    return _heads_by_orderings(values)


def _heads_by_orderings(found: pd.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    if found.empty:
        return np.full((0, 0), np.nan)
    table = found.groupby(level=["ordering", "head"]).mean().unstack("head")
    return np.asarray(table.to_numpy(float))
