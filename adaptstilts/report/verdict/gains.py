"""What compositions do to clean scores, and what attacks do to the rows that are right under every k."""

from __future__ import annotations

import numpy as np
import pandas as pd

from adaptstilts.report.frame import Frame
from adaptstilts.report.verdict.trajectories import excluded
from adaptstilts.statistics.estimands import RIGHT, gain, macro_mean, zero_shot_gap
from adaptstilts.store.registration import EXCLUSIONS

SERIES = ["composition", "ordering", "target", "severity", "budget", "language"]
PLACE = ["role", "composition", "k", "ordering", "head", "target", "seed", "transfer"]


def clean_means(frame: Frame, exclusions: tuple[str, ...] = EXCLUSIONS) -> pd.DataFrame:
    """A row per transfer and place: `source` score, `abroad` (macro mean without the source language), `zero_shot_gap`, `gain`.

    `gain` is abroad minus that of `none` with the same ordering and target, NaN where there is none; replicates of `none` are
    averaged. Scores with a flag of `exclusions` are left out.
    """
    clean = frame.clean[~excluded(frame.clean, exclusions)].drop_duplicates([*PLACE, "language"])
    lines = [(*place, *_means(group)) for place, group in clean.groupby(PLACE, sort=False)]
    table = pd.DataFrame(lines, columns=[*PLACE, "source", "abroad", "zero_shot_gap"])
    start = table[(table["role"] == "k") & (table["k"] == 0)]
    without = start.groupby(["ordering", "target"])["abroad"].mean().rename("without").reset_index()
    joined = table.merge(without, on=["ordering", "target"], how="left")
    return table.assign(gain=gain(joined["abroad"], joined["without"]))


def _means(group: pd.DataFrame) -> tuple[float, float, float]:
    is_source = group["source"].to_numpy(bool)
    values = group["value"].to_numpy(float)
    own = float(values[is_source][0]) if is_source.any() else float("nan")
    return own, macro_mean(values, is_source), zero_shot_gap(own, values[~is_source]) if (~is_source).any() else np.nan


def common_success(frame: Frame, attack: str) -> pd.DataFrame:
    """Success rates of an attack along each trajectory: over each model's own right rows, and over those right at every k.

    A row per (composition, ordering, target, severity, budget, language, k) with `success_rate`, `common_success_rate`
    and `common`, the number of rows right at every k. A model's own denominator changes with its clean accuracy. Only
    rows that the attack reached at every k; replicates are averaged.
    """
    rows = frame.rows(attack=attack, roles=["k"])
    rows = rows[rows["texts_from"] == ""]
    start, above = rows[rows["k"] == 0], rows[rows["k"] >= 1]
    goes_on = above[["composition", "ordering", "target"]].drop_duplicates()
    joined = pd.concat([above, goes_on.merge(start.drop(columns="composition"), on=["ordering", "target"])])
    found = joined.groupby([*SERIES, "id", "k"], sort=False)[["s_clean", "s_adv"]].mean().reset_index()
    levels = found.groupby(SERIES, sort=False)["k"].transform("nunique")
    by_row = found.groupby([*SERIES, "id"], sort=False)
    found = found.assign(common=by_row["s_clean"].transform("min") >= RIGHT)[by_row["k"].transform("size") == levels]
    right, fell = found["s_clean"] >= RIGHT, found["s_adv"] < RIGHT
    told = found.assign(
        success_rate=fell.where(right).astype(float), common_success_rate=fell.where(found["common"]).astype(float)
    )
    means = {"success_rate": "mean", "common_success_rate": "mean", "common": "sum"}
    return told.groupby([*SERIES, "k"]).agg(means).reset_index()
