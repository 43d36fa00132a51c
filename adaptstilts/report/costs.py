"""The robustness cost along k as figures show it: selections, groups, slopes and intervals over the frame's cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import t as student

from adaptstilts.report.figure import NotDrawn

PLAIN = "static"
"""The family of attacks that show every model the same text."""


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval and the degrees of freedom behind it; an interval of NaN where there is one value only."""

    mean: float
    low: float
    high: float
    df: int


def fair(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows that may be compared, in the languages that the target was not trained in; all such languages' where none may be."""
    kept = cells["comparable"].astype(bool)
    abroad = ~cells["source"].astype(bool)
    return cells[kept & abroad] if kept.any() else cells[abroad]


def static(cells: pd.DataFrame) -> pd.DataFrame:
    """Fair rows of attacks that are the same text for every model."""
    found = fair(cells)
    return found[(found["family"] == PLAIN) & (found["texts_from"].fillna("") == "") & found["attacked"].notna()]


def with_costs(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells with `cost`, the probit robustness cost Phi^-1(clean) - Phi^-1(attacked), scores shrunk by half a row."""
    n = cells["reached"].astype(float)
    shrunk = {name: (n * cells[name].astype(float) + 0.5) / (n + 1) for name in ("clean", "attacked")}
    return cells.assign(cost=ndtri(shrunk["clean"]) - ndtri(shrunk["attacked"]))


def trajectories(cells: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Mean cost by ordering, head and k (and `by`) of the question's models, with `rise`, the cost minus that at k = 1.

    Languages and attacks weigh the same. NotDrawn where there is no k = 1, or nothing but one k.
    """
    found = with_costs(static(cells))
    found = found[(found["role"] == "k") & (found["head"] != "")]
    if found.empty or found["k"].nunique() < 2:
        raise NotDrawn("no models of one question at two or more values of k, scored under static attacks")
    keys = [*by, "ordering", "head"]
    means = found.groupby([*keys, "k"], observed=True, as_index=False)["cost"].mean()
    first = means[means["k"] == 1].set_index(keys)["cost"].rename("first")
    means = means.join(first, on=keys)
    return means.assign(rise=means["cost"] - means["first"], x=np.log2(means["k"].clip(lower=0.5)))


def controls(cells: pd.DataFrame, question: pd.DataFrame) -> pd.DataFrame:
    """Mean cost of each control by head and the k it is sized to, minus the question's mean cost at k = 1 of that head."""
    found = with_costs(static(cells))
    found = found[(found["role"] == "control") & (found["k"] >= 1)]
    first = question[question["k"] == 1].groupby("head")["cost"].mean().rename("first")
    means = found.groupby(["composition", "head", "k"], observed=True, as_index=False)["cost"].mean()
    means = means.join(first, on="head")
    return means.assign(rise=means["cost"] - means["first"], x=np.log2(means["k"].clip(lower=0.5)))


def slopes(found: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """The least-squares slope of cost on log2 k (k of 1 and more) in each ordering and head (and `by`)."""
    kept = found[found["k"] >= 1]
    keys = [*by, "ordering", "head"]
    rows = [
        (*(name if isinstance(name, tuple) else (name,)), slope(group["x"].to_numpy(float), group["cost"].to_numpy(float)))
        for name, group in kept.groupby(keys, observed=True)
        if group["k"].nunique() >= 2
    ]
    return pd.DataFrame(rows, columns=[*keys, "slope"])


def slope(x: np.ndarray, y: np.ndarray) -> float:
    """The least-squares slope of y on x."""
    apart = x - x.mean()
    return float((apart * y).sum() / (apart**2).sum())


def estimate(values: Sequence[float], level: float = 0.95) -> Estimate:
    """The mean of independent values with its t interval."""
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    mean = float(known.mean()) if known.size else float("nan")
    if known.size < 2:
        return Estimate(mean, float("nan"), float("nan"), 0)
    reach = float(student.ppf(0.5 + level / 2, known.size - 1)) * float(known.std(ddof=1)) / known.size**0.5
    return Estimate(mean, mean - reach, mean + reach, known.size - 1)


def p_value(values: Sequence[float]) -> float:
    """The two-sided p of a t test of the mean against zero; NaN for fewer than two values or no spread."""
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    if known.size < 2 or not known.std(ddof=1):
        return float("nan")
    statistic = known.mean() / (known.std(ddof=1) / known.size**0.5)
    return float(2 * student.sf(abs(statistic), known.size - 1))


def two_way(table: pd.DataFrame, level: float = 0.95) -> Estimate:
    """The mean of a table (orderings by heads), clustered both ways: V_R + V_T - V_RT, no less than either alone.

    Cameron, Gelbach and Miller 2011; df = min(R, T) - 1. Missing cells are left out.
    """
    values = table.to_numpy(float)
    known = np.isfinite(values)
    count, (rows, columns) = int(known.sum()), values.shape
    if min(rows, columns) < 2 or not count:
        return estimate(values.ravel(), level) if max(rows, columns) > 1 else Estimate(float(np.nanmean(values)), *[float("nan")] * 2, 0)
    mean = float(values[known].mean())
    left = np.where(known, values - mean, 0.0)

    def variance(sums: np.ndarray) -> float:
        size = sums.size
        return float((sums**2).sum()) / count**2 * size / (size - 1)

    by_row, by_column, by_cell = variance(left.sum(axis=1)), variance(left.sum(axis=0)), variance(left.ravel())
    spread = max(by_row + by_column - by_cell, by_row, by_column)
    df = min(rows, columns) - 1
    reach = float(student.ppf(0.5 + level / 2, df)) * spread**0.5
    return Estimate(mean, mean - reach, mean + reach, df)
