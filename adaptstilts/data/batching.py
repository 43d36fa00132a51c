"""Which examples go together: batches as lists of indices, pure functions of lengths, seed and epoch."""

from __future__ import annotations

from collections.abc import Sequence

from adaptstilts.errors import InputError
from adaptstilts.ids import rng_for

POOL = 50
"""Batches cut from one length-sorted pool: enough that padding is small, few enough that epochs still differ."""


def pools(lengths: Sequence[int], rows_per_batch: int, seed: int, epoch: int) -> list[list[int]]:
    """Training batches of `rows_per_batch` rows (the last may be smaller), every row once, in random order.

    Rows are shuffled, cut into pools, sorted by length (tokens) within each, cut into batches, and these are shuffled:
    rows of one batch are about equally long, and each epoch has other batches. A pure function of its arguments.
    InputError unless `rows_per_batch` is positive.
    """
    if rows_per_batch < 1:
        raise InputError(f"a batch of {rows_per_batch} rows is impossible", do="Set the recipe's `rows` to 1 or more.")
    rng = rng_for("pools", seed, epoch)
    order = list(range(len(lengths)))
    rng.shuffle(order)
    size = rows_per_batch * POOL
    batches = []
    for start in range(0, len(order), size):
        pool = sorted(order[start : start + size], key=lambda i: lengths[i])
        batches += [pool[i : i + rows_per_batch] for i in range(0, len(pool), rows_per_batch)]
    rng.shuffle(batches)
    return batches


def packed(lengths: Sequence[int], token_budget: int) -> list[list[int]]:
    """Prediction batches, longest first, at most `token_budget` tokens: rows times the longest row, padding and all.

    Every row once; a row longer than the budget makes a batch of its own. InputError unless the budget is positive.
    """
    if token_budget < 1:
        raise InputError(f"a budget of {token_budget} tokens is impossible", do="Allow at least one token a batch.")
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= token_budget:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
