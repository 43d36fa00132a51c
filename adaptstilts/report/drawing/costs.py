"""What figures and tables take of a frame: the cells that are fair to compare, their cost, and the question's trajectories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.report.drawing.figure import NotDrawn
from adaptstilts.report.verdict.words import nothing
from adaptstilts.statistics import clusters
from adaptstilts.statistics.clusters import Interval
from adaptstilts.statistics.estimands import probit_cost

PLAIN = "static"
"""The family of attacks that show every model the same text."""


def fair(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows that may be compared, in the languages that the target was not trained in; all such languages' where none may be."""
    kept = cells["comparable"].astype(bool)
    abroad = ~cells["source"].astype(bool)
    return cells[kept & abroad] if kept.any() else cells[abroad]


def own_texts(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows with a number whose texts were not found on another model."""
    return cells[(cells["texts_from"].fillna("") == "") & cells["attacked"].notna()]


def static(cells: pd.DataFrame) -> pd.DataFrame:
    """Fair rows of attacks that are the same text for every model."""
    found = own_texts(fair(cells))
    return found[found["family"] == PLAIN]


def with_costs(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells with `cost`, their probit robustness cost."""
    clean, attacked, n = (cells[name].astype(float) for name in ("clean", "attacked", "reached"))
    return cells.assign(cost=probit_cost(clean, attacked, n))


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


def beside(verdict: Any, mine: pd.DataFrame) -> pd.DataFrame:
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


def records(table: Any) -> list[Any]:
    """The rows of a table (or of a series), its index among the fields, as named tuples."""
    return list(table.reset_index().itertuples(index=False))


def groups(table: pd.DataFrame, by: str | list[str]) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Groups with their keys, in order."""
    return iter(table.groupby(by))


def table_of(found: pd.DataFrame, values: str) -> pd.DataFrame:
    """Orderings by heads."""
    return found.pivot_table(index="ordering", columns="head", values=values)


def interval(values: Any, level: float = 0.95) -> Interval:
    """The mean of a table of orderings by heads, clustered both ways, with NaN bounds for a single value."""
    return clusters.interval(np.asarray(values, float), level)
