"""How sure one cell's costs are: their intervals under other draws of its test rows, a row's translations drawn together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adaptstilts.store.records.record import ScoreRecord
from adaptstilts.store.store import PREDICTIONS

DRAWS = 1000


def cost_intervals(steps: Path, clean: ScoreRecord, attacked: Sequence[ScoreRecord], source: str) -> dict[str, Any]:
    """Probit robustness cost D (estimate, low, high at 95 %) by the attacked score's key, mean over languages but the source.

    For metrics that are means over rows; from the prediction files below `steps`. Scores whose files are not there are left
    out, and so is an attack that reached no row elsewhere. Models, orderings and seeds are not drawn: this is one run.
    """
    import pandas as pd

    from adaptstilts.report.frame.paired import paired
    from adaptstilts.statistics.resampling import observed_costs, resampled_costs

    there = [r.key for r in attacked if _there(steps, r.key) and _there(steps, clean.key)]
    if not there:
        return {}
    rows = paired(steps.parent, pd.DataFrame({"score": there}), dict.fromkeys(there, clean.key))
    found = {}
    for key, group in rows[rows["language"] != source].groupby("score"):
        _, drawn = resampled_costs(group, ["language"], DRAWS)
        low, high = np.nanquantile(np.nanmean(drawn, axis=1), [0.025, 0.975])
        found[str(key)] = (float(np.nanmean(observed_costs(group, ["language"]))), float(low), float(high))
    return found


def _there(steps: Path, key: str) -> bool:
    return (steps / key / PREDICTIONS).is_file()
