"""How many rows a task has and how long they are, for estimates alone: no number of a record depends on it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from adaptstilts.data.sources import DataSource
from adaptstilts.tasks import Task

TOKENS, TRAIN, TEST = 100.0, 50_000, 2_000
"""What is taken for a task that nothing is known of: tokens of an example, training rows, rows to score a language."""


def rows_of(task: Task, source: DataSource, split: str, most: int | None = None) -> int:
    """About how many rows a split has (a language, for tests), `most` at most.

    Of the pocket lab and of a user's own files exactly; else as the papers and the Hub's cards count them (`sizes.json`).
    """
    known = source.size(task, split)
    if known is None:
        known = int(_sizes().get(task.name, {}).get(split, TRAIN if split == "train" else TEST))
    return known if most is None else min(known, most)


def tokens_of(task: Task, source: DataSource) -> float:
    """About how many tokens one example has, with all its choices or windows.

    Means of 200 rows in the source language: XLM-R's tokenizer and the lengths of `xlmr-large`, or the pocket lab's own.
    """
    return float(_sizes().get(task.name, {}).get(source.lengths, TOKENS))


@cache
def _sizes() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("sizes.json").read_text(encoding="utf-8"))
    return found
