"""Which rows a bound leaves: drawn by a digest of the example behind each, or the first ones where these are a fair draw."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from adaptstilts.rows import RetrievalRow, Row
from adaptstilts.tasks import Task


def in_draw_order(rows: Iterable[Row]) -> list[Row]:
    """The rows in an order that neither files nor languages decide: its first n are a draw of n, and part of every larger one.

    Translations share their source and so their place. Of several rows of one source each has a place of its own, so that a
    draw is one of rows.
    """
    alike = defaultdict[str, list[Row]](list)
    for row in rows:
        alike[row.source].append(row)
    placed = [
        (_digest(source, number), row)
        for source, several in alike.items()
        for number, row in enumerate(sorted(several, key=lambda one: _digest(one.id)))
    ]
    return [row for _, row in sorted(placed, key=lambda one: one[0])]


def first(rows: Iterable[Row], most: int, task: Task) -> Iterator[Row]:
    """The first `most` rows; where queries of all languages rank one pool, as many queries and all of the pool."""
    if task.options.get("pool") != "all":
        yield from islice(rows, most)
        return
    for row in rows:
        asks = isinstance(row, RetrievalRow) and bool(row.query)
        most -= asks
        if not asks or most >= 0:
            yield row


def _digest(*named: str | int) -> bytes:
    return hashlib.blake2b("\x1f".join(["drawn", *map(str, named)]).encode(), digest_size=16).digest()
