"""Effective robustness of cells: how far above the line of k = 0 models, for each head, attack and language, they lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from adaptstilts.report.frame import Frame
from adaptstilts.statistics.estimands import effective_robustness, reference_line, smoothed
from adaptstilts.store.registration import Plan

LINE = ["target", "attack", "severity", "budget", "language"]


def excluded(cells: pd.DataFrame, flags: tuple[str, ...]) -> pd.Series:
    """Which cells have one of the flags."""
    wanted = set(flags)
    return cells["flagged"].astype(str).map(lambda told: not wanted.isdisjoint(told.split())).astype(bool)


def with_rho(cells: pd.DataFrame, frame: Frame, plan: Plan) -> pd.DataFrame:
    """The cells with `rho`, NaN where fewer than `plan.references` k = 0 models have the same attack and language.

    The line is fitted on those models only: models of the sweep that were given less training, and k = 0 itself. Its
    covariates are the logits of the clean source-language and of the clean target-language score (Shi et al. 2023,
    arXiv 2302.01381), for models of other k have met other data in the source language.
    """
    source = _source_scores(frame)
    told = cells.assign(**_covariates(cells, source))
    reference = frame.cells
    reference = reference[(reference["k"] == 0) & reference["role"].isin(["reference", "k"])]
    counts = ~excluded(reference, plan.exclusions) & reference["attacked"].notna()
    reference = reference[counts & ~reference["source"].astype(bool)]
    reference = reference.drop_duplicates(["score", "language"])
    reference = reference.assign(**_covariates(reference, source)).dropna(subset=["at_source", "at_target"])
    attacked0, n0, covariates0 = _numbers(reference)
    attacked, n, covariates = _numbers(told)
    places = {key: at for key, at in reference.groupby(LINE).indices.items() if len(at) >= plan.references}
    rho = np.full(len(cells), np.nan)
    for key, at in told.groupby(LINE).indices.items():
        if key in places:
            line = reference_line(attacked0[places[key]], n0[places[key]], covariates0[places[key]])
            rho[at] = effective_robustness(attacked[at], n[at], covariates[at], line)
    return cells.assign(rho=rho)


def _numbers(cells: pd.DataFrame) -> tuple[Any, Any, Any]:
    """Attacked scores [n], rows [n] and covariates [n, 2]."""
    attacked, n = (cells[name].to_numpy(float) for name in ("attacked", "reached"))
    return attacked, n, cells[["at_source", "at_target"]].to_numpy(float)


def _source_scores(frame: Frame) -> pd.Series:
    """Logit of the clean source-language score, by transfer."""
    clean = frame.clean[frame.clean["source"].astype(bool)].drop_duplicates("transfer")
    found = logit(smoothed(clean["value"].astype(float), clean["n"].astype(float)))
    return pd.Series(found, index=clean["transfer"])


def _covariates(cells: pd.DataFrame, source: pd.Series) -> dict[str, Any]:
    at_target = logit(smoothed(cells["clean"].astype(float), cells["reached"].astype(float)))
    return {"at_source": cells["transfer"].map(source).astype(float), "at_target": at_target}
