"""How sure one cell's costs are: their intervals under other draws of its test rows, a row's translations drawn together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adaptstilts.report.cell.columns import ScoreColumn
from adaptstilts.store.store import PREDICTIONS

DRAWS = 1000


def cost_intervals(steps: Path, attacked: Sequence[ScoreColumn], source: str) -> dict[str, Any]:
    """Probit robustness cost D (estimate, low, high at 95 %) by the attack's column, mean over languages but the source.

    Where no draw moves the cost, the interval is what so many rows leave possible.
    For metrics that are means over rows; from the prediction files below `steps`. Scores whose files are not there are left
    out, and so is an attack that reached no row elsewhere. Models, orderings and seeds are not drawn: this is one run.
    """
    import pandas as pd

    from adaptstilts.report.frame.paired import paired
    from adaptstilts.statistics.paired_bootstrap import SAME
    from adaptstilts.statistics.resampling import observed_costs, resampled_costs, unmoved_costs

    lines = [
        (column.name, part.key, language, part.spec.clean)
        for column in attacked
        for part in column.parts
        if part.spec.clean and _there(steps, part.key) and _there(steps, part.spec.clean)
        for language in part.scores
        if language != source
    ]
    if not lines:
        return {}
    told = pd.DataFrame(lines, columns=["column", "score", "language", "held"])
    held = dict(zip(told["score"], told["held"], strict=True))
    rows = paired(steps.parent, told[["score"]].drop_duplicates(), held).merge(told, on=["score", "language"])
    found = {}
    for column, group in rows.groupby("column"):
        _, drawn = resampled_costs(group, ["language"], DRAWS)
        low, high = np.nanquantile(np.nanmean(drawn, axis=1), [0.025, 0.975])
        if high - low <= SAME:  # no row tells clean from attacked, say
            low, high = map(np.nanmean, unmoved_costs(group, ["language"]))
        found[str(column)] = (float(np.nanmean(observed_costs(group, ["language"]))), float(low), float(high))
    return found


def _there(steps: Path, key: str) -> bool:
    return (steps / key / PREDICTIONS).is_file()
