"""Loading rows: one split and language of a task, from a source, checked by its kind."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from adaptstilts.data.draw import first, in_draw_order
from adaptstilts.data.identity import split_for
from adaptstilts.data.sources import SPLITS, DataSource
from adaptstilts.data.sources.missing import missing
from adaptstilts.data.split import Wrong
from adaptstilts.errors import InputError, RowError
from adaptstilts.rows import Row
from adaptstilts.tasks import Task


def _raise(error: RowError) -> None:
    raise error


@dataclass(frozen=True)
class Loaded:
    """Rows, the split they really came from ("dev" where a language has no test set), and what decides them as JSON."""

    rows: list[Row]
    split_used: str
    origin: dict[str, Any]


def check_split(name: str) -> None:
    """InputError for a name that is no split's."""
    if name not in SPLITS:
        raise InputError(f"there is no split called {name!r}", do=f"Splits are {', '.join(SPLITS)}.")


def load(
    task: Task, split: str, language: str, source: DataSource, limit: int | None = None, seed: int = 0,
    *, drawn: bool = False, wrong: Wrong = _raise,
) -> Loaded:  # fmt: skip
    """Rows of one split ("train", "dev", "test") and language, at most `limit`.

    Training rows come in an order that is a pure function of task, seed and position, so that a smaller limit is a
    prefix of a larger one. Dev and test rows keep the file's order, and the first ones are taken; with `drawn` a limit
    takes those that `draw.in_draw_order` puts first, in its order, for which all are read. Where a language has a dev but
    no test set, dev is loaded and `split_used` says so. A bad row goes to `wrong`, which may raise (the default) or leave
    it out. Raises DataMissing with what to do.
    """
    check_split(split)
    if limit is not None and limit < 1:
        raise InputError(f"{limit} rows are asked for", do="Ask for one row or more.")
    used = split_for(task, split, language, source)
    there = dataclasses.replace(task, labels=source.labels(task))
    drawn = drawn and limit is not None and used != "train"
    rows = list(source.rows(there, used, language, None if drawn else limit, seed, wrong))
    if drawn and limit is not None:
        rows = list(first(in_draw_order(rows), limit, there))
    if not rows:
        raise missing(task, used, language, source)
    return Loaded(rows, used, source.origin(task, used, language))
