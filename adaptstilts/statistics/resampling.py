"""Uncertainty that comes from test rows: a bootstrap over source examples, shared by parallel languages and by every k."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.ids import rng_for
from adaptstilts.statistics.estimands import Array, probit_cost
from adaptstilts.statistics.slopes import slopes
from adaptstilts.statistics.unseen import unseen

AT_ONCE = 200
"""Draws whose weights are held at once."""


def resampled_costs(
    rows: pd.DataFrame, by: list[str], draws: int = 2000, seed: int = 0
) -> tuple[pd.DataFrame, np.ndarray[Any, np.dtype[np.float64]]]:
    """Probit costs of groups of rows under resampled source examples: the groups, and costs [draws, groups].

    `rows` has source_id, s_clean, s_adv and the columns `by`, which tell the groups apart (say k and language). A source
    example is drawn with all its rows, in every language and for every k at once: parallel languages translate one
    example, and a naive bootstrap would count it as many.
    """
    codes, sources = pd.factorize(rows["source_id"])
    keys = rows.groupby(by, sort=True, observed=True)
    group = keys.ngroup().to_numpy()
    size = int(group.max()) + 1
    sums = np.zeros((3, len(sources), size))
    for layer, values in enumerate((np.ones(len(rows)), rows["s_clean"], rows["s_adv"])):
        np.add.at(sums[layer], (codes, group), np.asarray(values, float))
    n, clean, attacked = drawn_sums(sums, "bootstrap", draws, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        costs = probit_cost(clean / n, attacked / n, n)
    return keys.size().rename("n").reset_index(), costs


def drawn_sums(sums: Array, purpose: str, draws: int, seed: int) -> Array:
    """Sums under resampled source examples: [layers, draws, columns] of [layers, sources, columns], each example's own sums.

    As many examples are drawn as there are, with replacement, which is a multinomial weight an example; all layers and columns
    share the draws of this purpose and seed.
    """
    generator = np.random.default_rng(rng_for(purpose, 1, seed).getrandbits(64))
    size = sums.shape[1]
    chances, parts = np.full(size, 1 / size), []
    for first in range(0, draws, AT_ONCE):
        weights = generator.multinomial(size, chances, min(AT_ONCE, draws - first)).astype(float)
        parts.append(np.stack([weights @ layer for layer in sums]))
    return np.concatenate(parts, axis=1)


def resampled_slope(rows: pd.DataFrame, draws: int = 2000, level: float = 0.95, seed: int = 0) -> dict[str, float]:
    """The slope of D on log2 k of one ordering and head, with the interval that its test rows alone leave.

    D is the mean over the groups of (target, attack, severity, language) without the source language given in `rows`; k >= 1.
    """
    chosen = rows[rows["k"] >= 1]
    by = [name for name in ("target", "attack", "severity", "language") if name in chosen]
    groups, costs = resampled_costs(chosen, ["k", *by], draws, seed)
    observed = _means(groups, observed_costs(chosen, ["k", *by])[None, :])
    drawn = _means(groups, costs)
    x = np.log2(np.unique(groups["k"]))
    found = slopes(drawn, x)
    low, high = np.nanquantile(found, [(1 - level) / 2, (1 + level) / 2])
    se = float(np.nanstd(found, ddof=1))
    return {"slope": float(slopes(observed, x)[0]), "se": se, "low": float(low), "high": float(high), "draws": draws}


def observed_costs(rows: pd.DataFrame, by: list[str]) -> Any:
    """The probit cost of each group of rows as it stands, in the order of `resampled_costs`."""
    told = _scores(rows, by)
    return probit_cost(told["clean"], told["attacked"], told["n"])


def unmoved_costs(rows: pd.DataFrame, by: list[str], level: float = 0.95) -> tuple[Any, Any]:
    """How low and how high each group's cost may be where no draw of source examples moves it: [groups] each.

    Clean or attacked score of each is off by as much as so many examples leave `unseen`.
    """
    told, off = _scores(rows, by), unseen(rows["source_id"].nunique(), level)
    clean, attacked, n = told["clean"], told["attacked"], told["n"]
    low = np.minimum(
        probit_cost(clean, np.minimum(attacked + off, 1), n), probit_cost(clean.clip(off) - off, attacked, n)
    )
    high = np.maximum(
        probit_cost(clean, attacked.clip(off) - off, n), probit_cost(np.minimum(clean + off, 1), attacked, n)
    )
    return low, high


def _scores(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Clean and attacked scores of each group of rows, and how many these are."""
    return rows.groupby(by, sort=True, observed=True).agg(
        clean=("s_clean", "mean"), attacked=("s_adv", "mean"), n=("s_clean", "size")
    )


def _means(groups: pd.DataFrame, costs: Any) -> Any:
    """Means over the groups of each k: [draws, levels]."""
    levels = np.unique(groups["k"])
    return np.stack([np.nanmean(costs[:, (groups["k"] == k).to_numpy()], axis=1) for k in levels], axis=1)
