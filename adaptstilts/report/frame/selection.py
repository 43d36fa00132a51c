"""What of a frame's tables is fair to compare, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from adaptstilts.report.text import columns
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


def records(table: Any) -> list[Any]:
    """The rows of a table (or of a series), its index among the fields, as named tuples."""
    return list(table.reset_index().itertuples(index=False))


def groups(table: pd.DataFrame, by: str | list[str]) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Groups with their keys, in order."""
    return iter(table.groupby(by))


def attack_columns(cells: pd.DataFrame) -> Mapping[tuple[str, float, int], str]:
    """What each attack is called at the head of a column, by (attack, severity, budget); the setting is named where it varies."""
    known = cells[["attack", "severity", "budget"]].drop_duplicates().sort_values(["attack", "severity", "budget"])
    keys = list(known.itertuples(index=False, name=None))
    strengths = [f"{severity or budget:g}" for _, severity, budget in keys]
    return dict(zip(keys, columns([attack for attack, *_ in keys], strengths), strict=True))
