"""Second opinions on a trend: Page's test by ranks, and a linear mixed model with crossed random slopes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Trend:
    """Page's L over orderings (rows) and levels of k (columns), and p of "grows with k"; None where it cannot be had."""

    statistic: float | None
    p: float | None
    note: str = ""


def page_trend(trajectories: pd.DataFrame) -> Trend:
    """Page's (1963) trend test of D, means over heads, on the orderings that have every level of k >= 1."""
    from scipy.stats import page_trend_test

    table = trajectories[trajectories["k"] >= 1].pivot_table(index="ordering", columns="k", values="D").dropna()
    if table.shape[0] < 2 or table.shape[1] < 3:
        return Trend(None, None, "needs two orderings and three levels of k")
    found = page_trend_test(table.to_numpy())
    return Trend(float(found.statistic), float(found.pvalue))


@dataclass(frozen=True)
class Mixed:
    """The slope of a mixed model; `singular` where a variance sits at 0, `converged` as the optimizer says."""

    slope: float | None
    se: float | None
    p: float | None
    converged: bool
    singular: bool
    note: str = ""


def mixed_model(trajectories: pd.DataFrame) -> Mixed:
    """D ~ x + (1 + x | head) + (1 + x | ordering), x = log2 k for k >= 1, by statsmodels' variance components (REML, Powell).

    Crossed effects are components of one group. Its p is normal, not t: conservative in the slope's variance, liberal
    in its tails. It is printed beside the confirmatory test and decides nothing.
    """
    data = trajectories[trajectories["k"] >= 1].dropna(subset=["D"])
    if data["ordering"].nunique() < 2 or data["head"].nunique() < 2 or data["k"].nunique() < 2:
        return Mixed(None, None, None, False, False, "needs two orderings, two heads and two levels of k")
    import statsmodels.formula.api as smf

    data = data.assign(one=1, x=np.log2(data["k"]), r=data["ordering"].astype(str), t=data["head"].astype(str))
    parts = {"head": "0 + C(t)", "head_x": "0 + C(t):x", "ordering": "0 + C(r)", "ordering_x": "0 + C(r):x"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # singular fits and boundaries are what the flags say
        try:
            fit = smf.mixedlm("D ~ x", data, groups="one", vc_formula=parts, re_formula="0").fit(method=["powell"])
        except (ValueError, np.linalg.LinAlgError) as error:
            return Mixed(None, None, None, False, True, str(error).splitlines()[0])
    singular = bool(np.min(fit.vcomp) < 1e-6 * max(float(fit.scale), 1e-12))
    slope, se, p = float(fit.params["x"]), float(fit.bse["x"]), float(fit.pvalues["x"])
    if not np.isfinite(se):
        return Mixed(slope, None, None, bool(fit.converged), True, "no standard error")
    return Mixed(slope, se, p, bool(fit.converged), singular)


def adjusted(p: list[float], method: str) -> list[float]:
    """Adjusted p values: "holm" keeps the error of a family, "fdr_bh" the share of false finds; NaN stays NaN."""
    from statsmodels.stats.multitest import multipletests

    found = np.asarray(p, float)
    there = np.isfinite(found)
    out = np.full(len(found), np.nan)
    if there.any():
        out[there] = multipletests(found[there], method=method)[1]
    return [float(value) for value in out]
