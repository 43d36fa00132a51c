"""Models without adapters, spread in accuracy: their scores as the trajectories have theirs, for lines and for their range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from adaptstilts.report.frame import Frame
from adaptstilts.report.verdict.trajectories import Trajectories, measured, planned, source_scores, weighed
from adaptstilts.statistics.estimands import SCALES, Array, scaled_variance
from adaptstilts.statistics.readings import ScoreTables
from adaptstilts.store.registration import Plan

SERIES = ["target", "attack", "severity", "budget", "language"]


def references(frame: Frame, plan: Plan, found: Trajectories, targets: Sequence[str]) -> dict[str, ScoreTables] | None:
    """Scores [targets, models] of the k = 0 models, by scale; None where a target has fewer than `plan.references`.

    These are models of the sweep that were given less training, or more, and k = 0 itself: none of them varies k (Taori et al. 2020). A
    model counts if it has every series that its target's trajectories are means of.
    """
    cells = frame.cells
    cells = cells[(cells["k"] == 0) & cells["role"].isin(["reference", "k"])].drop_duplicates(["score", "language"])
    cells = measured(planned(cells, plan), frame)
    wanted = found.series[(found.series["role"] == "k") & (found.series["composition"] == plan.composition)]
    wanted = wanted[wanted["k"] >= 1][SERIES].drop_duplicates()
    cells = cells.merge(wanted, on=SERIES)
    if cells.empty:
        return None
    has = cells.groupby(["target", "transfer"]).size().rename("has").reset_index()
    asked = wanted.groupby("target").size()
    whole = has[has["has"] >= has["target"].map(asked)]
    cells = cells.merge(whole[["target", "transfer"]], on=["target", "transfer"])
    if not set(targets) <= set(cells["target"]):
        return None
    unit = ["target", "transfer"]
    means = weighed(cells, plan, unit, unit).set_index("target")
    if min(len(means.loc[[target]]) for target in targets) < plan.references:
        return None
    return {scale: _on_scale(means, cells, frame, targets, scale) for scale in SCALES}


def _on_scale(
    means: pd.DataFrame, cells: pd.DataFrame, frame: Frame, targets: Sequence[str], scale: str
) -> ScoreTables:
    most = max(len(means.loc[[target]]) for target in targets)

    def table(name: str) -> Array:
        rows = [means.loc[[target], f"{name}_{scale}"].to_numpy(float) for target in targets]
        return np.stack([np.pad(row, (0, most - len(row)), constant_values=np.nan) for row in rows])

    clean, attacked, source = (table(name) for name in ("clean", "attacked", "source"))
    return ScoreTables(clean, attacked, source, *_errors(cells, frame, targets, scale))


def _errors(cells: pd.DataFrame, frame: Frame, targets: Sequence[str], scale: str) -> tuple[Array, Array]:
    """The variance that test rows alone leave the mean clean score and the source-language score, by target."""
    once = cells.drop_duplicates(["target", "transfer", "language"])
    spread = scaled_variance(once["clean"], once["reached"], once["chance"], scale)
    by_model = once.assign(spread=spread).groupby(["target", "transfer"])["spread"]
    clean = (by_model.mean() / by_model.size()).groupby("target").mean()
    own = source_scores(frame).reindex(once["transfer"])
    noise = scaled_variance(own["value"], own["n"], own["chance"], scale)
    source = pd.Series(noise, index=once["target"].to_numpy()).groupby(level=0).mean()
    return tuple(np.asarray(told.reindex(list(targets)), float) for told in (clean, source))  # type: ignore[return-value]
