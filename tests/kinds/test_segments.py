"""Assembled inputs must equal the tokenizer's own, cut or not."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptstilts.errors import InputError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Limits
from adaptstilts.kinds.segments import longest_first, template, token_ids
from adaptstilts.rows import ChoiceRow, ClassificationRow

TEXT = st.lists(
    st.sampled_from(["the", "black", "cat", "didn't", "кошка", "北京是", "1990", "zq", "mat."]), min_size=1, max_size=14
).map(" ".join)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(first=TEXT, second=TEXT, length=st.integers(8, 40))
def test_pairs_equal_the_tokenizers_own(tokenizer, facts, first, second, length):
    row = ClassificationRow("0", "en", "0", first, second, 1)
    (ours,) = kind_of("pair").encode([row], facts(labels=("a", "b")), tokenizer, Limits(length))
    theirs = tokenizer(first, second, truncation="longest_first", max_length=length)
    uncut = tokenizer(first, second)["input_ids"]
    assert list(ours.ids) == theirs["input_ids"]
    assert ours.truncated == len(uncut) - len(ours.ids)
    assert ours.second == theirs.sequence_ids(0).index(1)
    assert (ours.row, ours.target) == (0, 1)


@QUICK
@given(text=TEXT, length=st.integers(4, 30))
def test_single_texts_equal_the_tokenizers_own(tokenizer, facts, text, length):
    row = ClassificationRow("0", "en", "0", text, None, 0)
    (ours,) = kind_of("single").encode([row], facts(labels=("a", "b")), tokenizer, Limits(length))
    assert list(ours.ids) == tokenizer(text, truncation=True, max_length=length)["input_ids"]
    assert ours.truncated == len(tokenizer(text)["input_ids"]) - len(ours.ids)
    assert ours.second == 0


def test_segment_ids_can_be_derived(facts, tokenizer):
    row = ClassificationRow("0", "en", "0", "the cat", "black mat", 1)
    (ours,) = kind_of("pair").encode([row], facts(labels=("a", "b")), tokenizer, Limits(32))
    theirs = tokenizer("the cat", "black mat", return_token_type_ids=True)["token_type_ids"]
    derived = [int(i >= ours.second) for i in range(len(ours.ids))]
    assert theirs in (derived, [0] * len(derived))  # XLM-R has one type only


def test_equal_texts_are_tokenised_once(tokenizer):
    calls = []

    class Counting:
        def __call__(self, texts, **options):
            calls.append(len(texts))
            return tokenizer(texts, **options)

    assert len(token_ids(Counting(), ["the cat", "a dog", "the cat"] * 50)) == 150
    assert calls == [2]


def test_no_room_is_refused(tokenizer, facts):
    row = ClassificationRow("0", "en", "0", "the cat", "black mat", 1)
    with pytest.raises(InputError, match="max_length"):
        kind_of("pair").encode([row], facts(labels=("a", "b")), tokenizer, Limits(4))


@pytest.mark.parametrize(
    ("first", "second", "room", "kept"),
    [
        (3, 4, 10, (3, 4)),
        (3, 9, 10, (3, 7)),
        (9, 3, 10, (7, 3)),
        (9, 9, 11, (5, 6)),
        (9, 8, 11, (6, 5)),
        (30, 2, 10, (8, 2)),
    ],
)
def test_longest_first(first, second, room, kept):
    assert longest_first(first, second, room) == kept


def test_only_the_context_of_a_choice_is_cut(tokenizer, facts):
    row = ChoiceRow(
        "0", "en", "0", "the black cat sat on the mat " * 9, "why did the dog bark", ("the cat", "nobody"), 1
    )
    encodings = kind_of("choice").encode([row], facts(), tokenizer, Limits(32))
    shape = template(tokenizer)
    assert len(encodings) == 2
    for encoding, choice in zip(encodings, row.choices, strict=True):
        assert len(encoding.ids) == 32
        assert encoding.truncated > 0
        assert encoding.target == 1
        question, second = token_ids(tokenizer, [row.question, choice])
        assert encoding.ids[encoding.second :] == second + shape.pair_after
        end = encoding.second - len(shape.between)
        assert encoding.ids[end - len(question) : end] == question
        context = token_ids(tokenizer, [row.context])[0]
        kept = end - len(question) - len(shape.pair_before)
        assert encoding.ids[len(shape.pair_before) :][:kept] == context[:kept]


def test_a_choice_without_context_asks_the_question(tokenizer, facts):
    row = ChoiceRow("0", "en", "0", "", "why did the dog bark", ("the cat", "nobody"), 0)
    for encoding, choice in zip(
        kind_of("choice").encode([row], facts(), tokenizer, Limits(64)), row.choices, strict=True
    ):
        assert list(encoding.ids) == tokenizer(row.question, choice)["input_ids"]


def test_a_choice_that_fits_equals_the_tokenizers_own(tokenizer, facts):
    row = ChoiceRow("0", "en", "0", "the cat sat.", "why?", ("the mat", "nobody"), 0)
    for encoding, choice in zip(
        kind_of("choice").encode([row], facts(), tokenizer, Limits(64)), row.choices, strict=True
    ):
        assert list(encoding.ids) == tokenizer("the cat sat. why?", choice)["input_ids"]
