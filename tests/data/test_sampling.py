"""A held-out part shares no source with the rest, and is the same wherever it is drawn."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.data.holdout import split_train
from adaptstilts.errors import InputError
from adaptstilts.rows import ClassificationRow, SpanRow


def row(number, source):
    return ClassificationRow(str(number), "en", str(source), "a", "b", 0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=200), st.floats(0.05, 0.95), st.integers(0, 5))
def test_no_source_is_on_both_sides(sources, share, seed):
    rows = [row(i, source) for i, source in enumerate(sources)]
    if len(set(sources)) < 2:
        with pytest.raises(InputError):
            split_train(rows, share, seed)
        return
    kept, held = split_train(rows, share, seed)
    assert kept and held
    assert {r.source for r in kept}.isdisjoint(r.source for r in held)
    assert sorted([*kept, *held], key=lambda r: int(r.id)) == rows
    assert abs(len({r.source for r in held}) - share * len(set(sources))) <= 1


def test_the_order_of_rows_does_not_matter():
    rows = [row(i, i // 2) for i in range(100)]
    _, held = split_train(rows, 0.2, 3)
    _, again = split_train(rows[::-1], 0.2, 3)
    assert set(held) == set(again)
    assert [int(r.id) for r in held] == sorted(int(r.id) for r in held)


def test_seeds_differ_and_groups_can_be_chosen():
    rows = [row(i, i) for i in range(50)]
    assert len({str(split_train(rows, 0.3, seed)[1]) for seed in range(4)}) == 4
    kept, held = split_train(rows, 0.5, 0, by=lambda r: (int(r.id) % 2,))
    assert len({int(r.id) % 2 for r in kept}) == len({int(r.id) % 2 for r in held}) == 1


@pytest.mark.parametrize("share", [0, 1, -0.5, 2])
def test_impossible_shares_are_refused(share):
    with pytest.raises(InputError):
        split_train([row(0, 0), row(1, 1)], share, 0)


def test_questions_of_one_paragraph_stay_together():
    """Five questions a paragraph, each its own source, as in SQuAD; translations of a question share its source."""
    rows = [SpanRow(str(i), "en", f"q{i}", f"paragraph {i // 5}", "?", ()) for i in range(50)]
    rows += [SpanRow(f"de{i}", "de", f"q{i}", f"Absatz {i // 5}", "?", ()) for i in range(50)]
    kept, held = split_train(rows, 0.3, 1)
    assert len(held) == 3 * 5 * 2
    assert {r.context for r in kept}.isdisjoint(r.context for r in held)
    assert {r.source for r in kept}.isdisjoint(r.source for r in held)
    assert set(split_train(rows[::-1], 0.3, 1)[1]) == set(held)
