"""A few texts that attacks turned from right to wrong, read from the prediction files of a store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from adaptstilts.bounds import parse
from adaptstilts.errors import CorruptArtefact
from adaptstilts.report.frame.selection import own_texts
from adaptstilts.report.overview.grids import Link
from adaptstilts.statistics.estimands import RIGHT
from adaptstilts.store.predictions import read_columns
from adaptstilts.store.store import PREDICTIONS, Store

LANGUAGES = 3
"""Languages shown of each attack."""
ATTACKS = 16
"""Attacks that are shown."""


@dataclass(frozen=True)
class AttackedText:
    """One row of one attack: what the model was given, field by field, and the way to the score's record."""

    attack: str
    language: str
    id: str
    fields: tuple[tuple[str, str], ...]
    link: str


def attacked_texts(frame: Any, link: Link) -> list[AttackedText]:
    """For each attack of a model with the most adapters, the first row in each of a few languages that was right and is no more."""
    chosen = own_texts(frame.cells)
    chosen = chosen.sort_values("k", ascending=False, kind="stable").drop_duplicates("attack").sort_values("attack")
    store = Store(frame.store)
    return [
        example
        for cell in chosen.head(ATTACKS).to_dict("records")
        for example in _of(store, cell, frame.clean_of(cell["score"]), link)
    ]


def _of(store: Store, cell: Mapping[Any, Any], held: str, link: Link) -> Iterator[AttackedText]:
    path, before = store.folder(cell["score"]) / PREDICTIONS, store.folder(held) / PREDICTIONS
    try:
        if not path.is_file() or not before.is_file():
            return
        rows: pd.DataFrame = read_columns(path, ("language", "id", "score", "outcome", "text")).to_pandas()
        clean: pd.DataFrame = read_columns(before, ("language", "id", "score")).to_pandas()
    except CorruptArtefact:
        return  # the frame tells of files that do not read back
    if "text" not in rows:
        return
    right = clean.loc[clean["score"] >= RIGHT, ["language", "id"]]
    kept = rows[(rows["score"] < RIGHT) & rows["text"].notna()].merge(right, on=["language", "id"])
    if "outcome" in kept:
        kept = kept[kept["outcome"] == "edited"]
    for row in kept.drop_duplicates("language").head(LANGUAGES).itertuples():
        yield AttackedText(
            str(cell["attack"]), str(row.language), str(row.id), _fields(str(row.text)), link(cell["score"])
        )


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    """The fields of a shown row, from JSON; the text as it is where it is none."""
    try:
        told = parse(text)
    except ValueError:
        return (("text", text),)
    if not isinstance(told, dict):
        return (("text", text),)
    return tuple(
        (str(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in told.items()
    )
