"""The question's robustness cost along k, above that at k = 1, and that of controls and other compositions beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.report.drawing.figure import NotDrawn
from adaptstilts.report.verdict.sentence import nothing


def question(verdict: Any) -> pd.DataFrame:
    """D by ordering, head and k of the plan's composition, with `rise`, D minus that at k = 1; NotDrawn without two values of k."""
    table: pd.DataFrame = verdict.trajectories.of("k", verdict.plan.composition)
    above = table[table["k"] >= 1] if len(table) else table
    if above.empty or above["k"].nunique() < 2:
        raise NotDrawn(f"no trajectory over two or more values of k: {nothing(verdict)}")
    means = table.groupby(["ordering", "head", "k"], as_index=False)["D"].mean()
    first = means[means["k"] == 1].set_index(["ordering", "head"])["D"].rename("first")
    means = means.join(first, on=["ordering", "head"])
    found: pd.DataFrame = means.assign(rise=means["D"] - means["first"], x=np.log2(means["k"].clip(lower=0.5)))
    return found


def controls(verdict: Any, mine: pd.DataFrame) -> pd.DataFrame:
    """The same of every control and other composition, above the question's mean at k = 1 of the same head."""
    first = mine[mine["k"] == 1].groupby("head")["D"].mean().rename("first")
    parts = []
    for other in verdict.controls:
        own = verdict.trajectories.of(other.role, other.composition)
        means = own[own["k"] >= 1].groupby(["head", "k"], as_index=False)["D"].mean().join(first, on="head")
        parts.append(means.assign(composition=other.composition, rise=means["D"] - means["first"]))
    if not parts:
        return pd.DataFrame(columns=["head", "k", "composition", "rise", "x"])
    found: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return found.assign(x=np.log2(found["k"]))
