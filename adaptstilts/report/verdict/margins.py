"""What the records' own margins say of attacked and clean scores: how the one goes with the other where all margins shift alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from adaptstilts.report.frame import Frame
from adaptstilts.report.frame.paired import paired
from adaptstilts.report.verdict.trajectories import planned
from adaptstilts.statistics.estimands import Array, scaled
from adaptstilts.store.registration import Plan
from adaptstilts.store.store import PREDICTIONS, Store

SHIFT = 0.25
"""Of the standard deviation of clean margins: how far they are shifted either way."""
LOOKED_AT = 2
"""Orderings whose models of the least k are looked at."""


def margin_lines(frame: Frame, plan: Plan, targets: Sequence[str]) -> dict[str, float]:
    """By target, how many probits an attacked score moves for each of the clean one where all margins shift alike.

    1 where margins are Gaussian with one spread: then D does not move with clean accuracy. From the models of the least k
    in the first orderings; targets without prediction files or margins are left out.
    """
    cells = frame.cells[(frame.cells["role"] == "k") & (frame.cells["composition"] == plan.composition)]
    cells = planned(cells[cells["k"] >= 1], plan)
    cells = cells[(cells["k"] == cells["k"].min()) & (cells["ordering"] < LOOKED_AT) & cells["target"].isin(targets)]
    store = Store(frame.store)
    there = [(store.folder(key) / PREDICTIONS).is_file() for key in cells["score"]]
    once = cells[there].drop_duplicates(["score", "ordering"])[["score", "target", "attack"]]
    if once.empty:
        return {}
    rows = paired(frame.store, once, {key: frame.clean_of(key) for key in once["score"]})
    spoken = cells[["score", "language"]].drop_duplicates()
    rows = rows.merge(spoken, on=["score", "language"]).dropna(subset=["margin_clean", "margin_adv"])
    found = {str(target): _line(group) for target, group in rows.groupby("target")}
    return {target: line for target, line in found.items() if np.isfinite(line)}


def _line(rows: pd.DataFrame) -> float:
    moved = np.zeros(2)
    for _, own in rows.groupby(["score", "language"]):
        clean, attacked = own["margin_clean"].to_numpy(float), own["margin_adv"].to_numpy(float)
        moved += [_moved(margins, SHIFT * float(clean.std())) for margins in (clean, attacked)]
    return float(moved[1] / moved[0]) if moved[0] > 0 else float("nan")


def _moved(margins: Array, by: float) -> float:
    """How far the probit of the share above 0 moves."""
    shares = [float((margins > end).mean()) for end in (-by, by)]
    up, down = scaled(shares, len(margins), 0.0, "probit")
    return float(up - down)
