"""Batches hold every row once, keep their budget, and depend on nothing but their arguments."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.errors import InputError
from adaptstilts.training.batches import POOL, pack, pools

LENGTHS = st.lists(st.integers(1, 600), max_size=400)


def flat(batches):
    return sorted(i for batch in batches for i in batch)


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 40), st.integers(0, 9), st.integers(0, 9))
def test_training_batches_hold_every_row_once(lengths, rows, seed, epoch):
    batches = pools(lengths, rows, seed, epoch)
    assert flat(batches) == list(range(len(lengths)))
    assert sorted(map(len, batches), reverse=True)[:-1] == [rows] * (len(batches) - 1)  # one may be smaller
    assert batches == pools(lengths, rows, seed, epoch)


def test_epochs_and_seeds_differ():
    lengths = [i % 37 + 1 for i in range(500)]
    assert len({str(pools(lengths, 8, seed, epoch)) for seed in (0, 1) for epoch in (0, 1, 2)}) == 6


def test_rows_of_a_batch_are_about_equally_long():
    lengths = [(i * 7919) % 256 + 1 for i in range(8 * POOL)]
    spread = [max(lengths[i] for i in batch) - min(lengths[i] for i in batch) for batch in pools(lengths, 8, 0, 0)]
    assert sum(spread) / len(spread) < 16


def test_short_batches_do_not_all_come_first():
    lengths = list(range(1, 801))
    first = [lengths[batch[0]] for batch in pools(lengths, 8, 0, 0)]
    assert first != sorted(first)


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 5000))
def test_prediction_batches_keep_the_budget(lengths, budget):
    batches = pack(lengths, budget)
    assert flat(batches) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
    longest = [max(lengths[i] for i in batch) for batch in batches]
    assert longest == sorted(longest, reverse=True)  # memory runs out at once or not at all


def test_prediction_batches_are_full():
    assert pack([10] * 10, 40) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert pack([5, 50, 5], 20) == [[1], [0, 2]]


@pytest.mark.parametrize("call", [lambda: pools([1], 0, 0, 0), lambda: pack([1], 0)])
def test_impossible_sizes_are_refused(call):
    with pytest.raises(InputError):
        call()
