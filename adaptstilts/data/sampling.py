"""Holding out a part of a training set, for choices that must not see the test languages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence

from adaptstilts.errors import InputError
from adaptstilts.rows import Row


def split_train(
    rows: Sequence[Row], share: float, seed: int, by: Callable[[Row], Hashable] = lambda row: row.source
) -> tuple[list[Row], list[Row]]:
    """Training rows and held-out rows, each in the given order; all rows of one group (its `source`) land on one side.

    The held-out groups are those whose digests under `seed` are smallest: `share` of the groups, at least one. Raises
    InputError unless 0 < share < 1 and there are two groups or more.
    """
    if not 0 < share < 1:
        raise InputError(f"{share} of the rows cannot be held out", do="Choose a share between 0 and 1.")
    groups = sorted({str(by(row)) for row in rows}, key=lambda group: _rank(group, seed))
    if len(groups) < 2:
        raise InputError("one group of rows cannot be split in two", do="Load more training rows.")
    count = min(max(1, round(share * len(groups))), len(groups) - 1)
    held = set(groups[:count])
    sides: tuple[list[Row], list[Row]] = ([], [])
    for row in rows:
        sides[str(by(row)) in held].append(row)
    return sides


def _rank(group: str, seed: int) -> bytes:
    return hashlib.blake2b(f"held out\x1f{seed}\x1f{group}".encode(), digest_size=16).digest()
