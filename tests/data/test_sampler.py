"""Which examples a step trains on: shares as published, every example once an epoch, nothing read that is not drawn."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptstilts.kinds.kind import Encoding
from adaptstilts.training.batches import pack, pools, task_at
from adaptstilts.training.sampler import ExamplePool, Sampler

SIZES = {"mnli": 8000, "csqa": 1000, "ccg": 1000}


def inputs(lengths, rows=None):
    rows = rows or range(len(lengths))
    return [Encoding(row, tuple(range(length)), 0) for row, length in zip(rows, lengths, strict=True)]


@pytest.mark.parametrize(("alpha", "share"), [(1.0, 0.8), (0.5, 0.5858), (0.0, 1 / 3)])
def test_tasks_are_drawn_by_size_to_the_power_of_alpha(alpha, share):
    # 8^a / (8^a + 2): 0.8, 2.828 / 4.828, 1 / 3; 6000 draws keep within four standard deviations
    drawn = Counter(task_at(step, SIZES, alpha, 7) for step in range(6000))
    assert drawn["mnli"] / 6000 == pytest.approx(share, abs=4 * (share * (1 - share) / 6000) ** 0.5)
    backwards = dict(reversed(SIZES.items()))
    assert [task_at(s, SIZES, alpha, 7) for s in range(50)] == [task_at(s, backwards, alpha, 7) for s in range(50)]


def test_each_task_goes_through_its_own_epochs():
    examples = {"a": ExamplePool(inputs([5] * 23)), "b": ExamplePool(inputs([4, 9] * 5))}
    sampler = Sampler(examples, 4, 1.0, 3)
    assert sampler.per_epoch == 6 + 3
    drawn = {"a": [], "b": []}
    for _ in range(60):
        name, indices = sampler.next()
        drawn[name].append(indices)
    for name, batches in drawn.items():
        lengths = examples[name].lengths
        expected = [batch for epoch in range(20) for batch in pools(lengths, 4, 3, epoch)]
        assert batches == expected[: len(batches)]
        assert len(batches) > len(pools(lengths, 4, 3, 0))


@pytest.mark.parametrize("step", [0, 1, 17, 40])
def test_a_sampler_goes_on_anywhere(step):
    examples = {"a": ExamplePool(inputs([5] * 23)), "b": ExamplePool(inputs([4, 9] * 5))}
    whole = Sampler(examples, 4, 0.5, 3)
    batches = [whole.next() for _ in range(60)]
    rest = Sampler(examples, 4, 0.5, 3).at(step)
    assert [rest.next() for _ in range(60 - step)] == batches[step:]


class Mapped:
    """Stands for encodings on disk: sizes are at hand, reading is counted."""

    def __init__(self, encodings):
        self.held, self.read = encodings, []
        self.lengths, self.rows = [len(e.ids) for e in encodings], [e.row for e in encodings]

    def __len__(self):
        return len(self.held)

    def __getitem__(self, index):
        self.read.append(index)
        return self.held[index]


def test_what_lies_on_disk_is_read_when_it_is_drawn():
    mapped = Mapped(inputs([3, 4, 5, 6, 7], rows=[0, 0, 1, 2, 2]))
    examples = ExamplePool(mapped, by_row=True)
    assert (len(examples), examples.lengths, examples.tokens([0, 2]), mapped.read) == (3, [4, 5, 7], 20, [])
    assert examples.take([2, 0]) == [mapped.held[i] for i in (3, 4, 0, 1)]
    assert mapped.read == [3, 4, 0, 1]
    plain = ExamplePool(mapped.held, by_row=True)
    assert (plain.lengths, plain.take([1, 2])) == (examples.lengths, examples.take([1, 2]))


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 4)), min_size=1, max_size=30), st.integers(1, 200))
def test_passes_keep_the_budget_and_lose_nothing(shapes, budget):
    rows = [(row, length) for row, (length, count) in enumerate(shapes) for _ in range(count)]
    examples = ExamplePool(inputs([length for _, length in rows], [row for row, _ in rows]), by_row=True)
    indices = list(range(len(shapes)))
    passes = examples.passes(indices, budget)
    assert sorted(i for chosen in passes for i in chosen) == indices
    for chosen in passes:
        found = examples.take(chosen)
        assert len(found) * max(len(e.ids) for e in found) <= budget or len(chosen) == 1
    assert examples.passes(indices, None) == [indices] and examples.passes([], budget) == []


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 100))
def test_one_input_a_row_packs_as_if_nothing_were_said(lengths, budget):
    assert pack(lengths, budget) == pack(lengths, budget, [1] * len(lengths))
