"""Holding out a part of a training set, for choices that must not see the test languages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence

from adaptstilts.errors import InputError
from adaptstilts.rows import Row


def ties(row: Row) -> tuple[str, ...]:
    """What rows must not share across a split: the example behind them, and the text that they are about.

    Five questions of SQuAD are asked of one paragraph; a model that has learnt four of them has read the fifth's.
    """
    context = getattr(row, "context", "")
    return (f"source {row.source}", f"context {context}") if context else (f"source {row.source}",)


def split_train(
    rows: Sequence[Row], share: float, seed: int, by: Callable[[Row], Iterable[Hashable]] = ties
) -> tuple[list[Row], list[Row]]:
    """Training rows and held-out rows, each in the given order; rows with a tie in common land on one side, at any remove.

    The held-out groups are those whose digests under `seed` are smallest: `share` of the groups, at least one. Raises
    InputError unless 0 < share < 1 and there are two groups or more.
    """
    if not 0 < share < 1:
        raise InputError(f"{share} of the rows cannot be held out", do="Choose a share between 0 and 1.")
    group_of = _groups([[str(tie) for tie in by(row)] for row in rows])
    groups = sorted(set(group_of), key=lambda group: _rank(group, seed))
    if len(groups) < 2:
        raise InputError("one group of rows cannot be split in two", do="Load more training rows.")
    count = min(max(1, round(share * len(groups))), len(groups) - 1)
    held = set(groups[:count])
    sides: tuple[list[Row], list[Row]] = ([], [])
    for row, group in zip(rows, group_of, strict=True):
        sides[group in held].append(row)
    return sides


def _groups(ties_of: Sequence[Sequence[str]]) -> list[str]:
    """The smallest tie of each row's group, whatever the order of the rows (union-find)."""
    parent: dict[str, str] = {}

    def root(tie: str) -> str:
        while parent.setdefault(tie, tie) != tie:
            parent[tie] = tie = parent[parent[tie]]
        return tie

    for found in ties_of:
        for tie in found[1:]:
            first, second = sorted((root(found[0]), root(tie)))
            parent[second] = first
    return [root(found[0]) for found in ties_of]


def _rank(group: str, seed: int) -> bytes:
    return hashlib.blake2b(f"held out\x1f{seed}\x1f{group}".encode(), digest_size=16).digest()
