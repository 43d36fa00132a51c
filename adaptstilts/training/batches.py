"""Which examples go together: batches as lists of indices, pure functions of lengths, seed and epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def task_at(step: int, sizes: Mapping[str, int], alpha: float, seed: int) -> str:
    """The task that a step trains: one of `sizes` (examples by task), drawn with probability proportional to size^alpha.

    1 is proportional sampling, 1/T sampling with temperature T, 0 draws all alike (Raffel et al. 2020, section 3.5.2;
    Phang et al. 2020 use the first). A pure function of its arguments, whatever the order of the tasks.
    """
    names = sorted(sizes)
    if len(names) == 1:
        return names[0]
    return rng_for("task", seed, step).choices(names, [sizes[name] ** alpha for name in names])[0]


def pack(lengths: Sequence[int], token_budget: int, inputs: Sequence[int] | None = None) -> list[list[int]]:
    """Batches, longest rows first, at most `token_budget` tokens: inputs times the longest one, padding and all.

    A row has one input, or as many as `inputs` says. Every row once; one beyond the budget makes a batch of its own.
    InputError unless the budget is positive.
    """
    if token_budget < 1:
        raise InputError(f"a budget of {token_budget} tokens is impossible", do="Allow at least one token a batch.")
    batches: list[list[int]] = []
    held = 0
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        more = 1 if inputs is None else inputs[i]
        if batches and (held + more) * lengths[batches[-1][0]] <= token_budget:
            batches[-1].append(i)
            held += more
        else:
            batches.append([i])
            held = more
    return batches
