"""Orderings: balanced at every k, Latin squares before chance, the same for the same names."""

from collections import Counter

import pytest

from adaptstilts.ids import rng_for
from adaptstilts.plan.sweeps.orderings import _rotations, orderings

SIZES = [(size, number) for size in (1, 2, 3, 4, 5, 7, 9, 10, 13) for number in (1, 2, 3, 4, 5, 8, 9, 11, 18)]


def pool(size):
    return [f"task{n}" for n in range(size)]


def spread(rows, names, k):
    counts = Counter(name for row in rows for name in row[:k])
    return max(counts[name] for name in names) - min(counts[name] for name in names)


@pytest.mark.parametrize(("size", "number"), SIZES)
def test_every_task_is_among_the_first_k_equally_often_give_or_take_one(size, number):
    drawn = orderings(pool(size), number)
    assert len(drawn) == number and all(sorted(row) == sorted(pool(size)) for row in drawn)
    assert all(spread(drawn, pool(size), k) <= 1 for k in range(1, size + 1))


@pytest.mark.parametrize("size", [3, 5, 9, 12])
def test_a_full_block_is_a_latin_square_and_keeps_when_more_follow(size):
    """A Latin square (Fisher 1925) has each name once in each row and once at each position."""
    drawn = orderings(pool(size), 2 * size + 1)
    for block in (drawn[:size], drawn[size : 2 * size]):
        assert all(len({row[place] for row in block}) == size for place in range(size))
    assert drawn[:size] == orderings(pool(size), size)
    assert drawn[:size] != drawn[size : 2 * size]


def test_sets_of_tasks_do_not_repeat_where_they_need_not():
    for size, number in ((9, 8), (9, 4), (10, 10), (7, 5)):
        drawn = orderings(pool(size), number)
        assert all(len({frozenset(row[:k]) for row in drawn}) == number for k in range(1, size)), (size, number)


def test_names_and_seed_decide_and_nothing_else():
    assert orderings(["b", "a", "c"], 3) == orderings(["c", "b", "a"], 3)
    assert orderings(pool(9), 4, 1) != orderings(pool(9), 4, 0)
    assert orderings([], 2) == ((), ())


@pytest.mark.parametrize("size", range(2, 12))
def test_rotations_are_balanced_too(size):
    for rows in range(1, size + 1):
        block = _rotations(size, rows, rng_for("test", size, rows))
        assert all(spread(block, range(size), k) <= 1 for k in range(1, size + 1))


@pytest.mark.parametrize(("size", "number"), [(9, 4), (9, 9), (18, 18), (8, 3)])
def test_further_orderings_leave_the_first_as_they_are(size, number):
    first, more = orderings(pool(size), number), orderings(pool(size), number, further=(4, number))
    assert more[:number] == first and len(more) == 2 * number + 4
    assert more[: number + 4] == orderings(pool(size), number, further=(4,))
    assert all(spread(more[number : number + 4], pool(size), k) <= 1 for k in range(1, size + 1))
    assert more[number + 4 :] != first
