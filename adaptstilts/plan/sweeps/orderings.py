"""Orderings of a pool of tasks, drawn so that at every k each task is among the first k of equally many, give or take one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from adaptstilts import ids

ATTEMPTS = 30
"""So many draws compete for the most different sets."""

Rows = list[list[int]]


def orderings(
    pool: Sequence[str], number: int, seed: int = 0, further: Sequence[int] = ()
) -> tuple[tuple[str, ...], ...]:
    """So many orderings of the pool; neither the order of its names nor anything but them and `seed` matters.

    Every full block of as many orderings as there are tasks is a Latin square, random beyond that; what is left over is a
    part of one, balanced in itself: over the first k of all orderings, tasks occur equally often, give or take one. Of
    several draws the one with the most different sets of tasks is taken. More blocks leave the first ones as they were; `further` are
    so many orderings more, each number a draw of its own, after which the first `number` are what they were without.
    """
    names, found = tuple(sorted(pool)), list[tuple[str, ...]]()
    for draw, size in enumerate((number, *further)):
        found += _drawn_for(names, size, seed, draw)
    return tuple(found)


@lru_cache(maxsize=64)
def _drawn_for(names: tuple[str, ...], number: int, seed: int, draw: int) -> tuple[tuple[str, ...], ...]:
    size, found = len(names), list[tuple[str, ...]]()
    if not size:
        return ((),) * number
    while len(found) < number:
        rows = min(size, number - len(found))
        again = (f"further {draw}",) if draw else ()
        rng = ids.rng_for("orderings", seed, len(found) // size, rows, *names, *again)
        found += [tuple(names[task] for task in row) for row in _block(size, rows, rng)]
    return tuple(found)


def _block(size: int, rows: int, rng: random.Random) -> Rows:
    drawn = [block for _ in range(ATTEMPTS) if (block := _drawn(size, rows, rng))]
    return max(drawn or [_rotations(size, rows, rng)], key=_different)  # the first of the best


def _different(block: Rows) -> int:
    """How many sets of tasks the prefixes of a block make."""
    return len({frozenset(row[:k]) for row in block for k in range(1, len(row))})


def _drawn(size: int, rows: int, rng: random.Random) -> Rows | None:
    """A balanced block, position by position; None where the draw runs into a dead end."""
    block: Rows = [[] for _ in range(rows)]
    for _ in range(size):
        counts = [sum(task in row for row in block) for task in range(size)]
        rare = [task for task in range(size) if counts[task] == min(counts)]
        rest = [task for task in range(size) if counts[task] > min(counts)]
        column = rng.sample(rare, rows) if rows <= len(rare) else rare + rng.sample(rest, rows - len(rare))
        given = _matched(block, column, rng)
        if given is None:
            return None
        for row, task in zip(block, given, strict=True):
            row.append(task)
    return block


def _matched(block: Rows, column: Sequence[int], rng: random.Random) -> list[int] | None:
    """The column's tasks, one to each row that has not got it yet, by augmenting paths (Kuhn 1955); None if that cannot be."""
    taken: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        options = [task for task in column if task not in block[row] and task not in tried]
        rng.shuffle(options)
        for task in options:
            tried.add(task)
            if task not in taken or place(taken[task], tried):
                taken[task] = row
                return True
        return False

    if not all(place(row, set()) for row in range(len(block))):
        return None
    by_row = {row: task for task, row in taken.items()}
    return [by_row[row] for row in range(len(block))]


def _rotations(size: int, rows: int, rng: random.Random) -> Rows:
    """Rotations of one random order, begun at evenly spread places: arcs of one length hold equally many, give or take one."""
    order = rng.sample(range(size), size)
    starts = [row * size // rows for row in range(rows)]
    return [order[start:] + order[:start] for start in starts]
