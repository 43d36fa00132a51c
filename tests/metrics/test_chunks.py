"""Chunk F1, against the recorded numbers of seqeval 0.0.12 and 1.2.2 (seqeval_golden.json says how they were made)."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptstilts.errors import InputError
from adaptstilts.metrics.chunks import chunk_scores, chunks, token_accuracy
from tests.metrics import entities_golden

CASES = json.loads(Path(__file__).with_name("seqeval_golden.json").read_text())["cases"]
ENTITIES = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@pytest.mark.parametrize("rule", ["old", "new"])
@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_equals_seqeval(case, rule):
    found = chunk_scores(case["gold"], case["said"], rule)
    assert [found["precision"], found["recall"], found["f1"]] == pytest.approx(case[rule], abs=1e-12)


@pytest.mark.parametrize("rule", ["old", "new"])
def test_chunks_are_seqevals_one_by_one(rule):
    theirs = json.loads(Path(__file__).with_name("entities_golden.json").read_text())[rule]
    assert len(theirs) == 300
    for tags, found in zip(entities_golden.sequences(), theirs, strict=True):
        assert chunks(tags, rule) == {(type_, first, last) for type_, first, last in found}, tags


def test_the_rules_differ_on_parts_of_speech():
    assert sum(case["old"] != case["new"] for case in CASES) >= 10
    assert chunk_scores([["X"]], [["X"]], "old")["f1"] == 1.0
    assert chunk_scores([["X"]], [["X"]], "new")["f1"] == 0.0


@given(st.lists(st.lists(st.sampled_from(ENTITIES), min_size=1, max_size=6), min_size=1, max_size=4))
def test_both_rules_agree_on_entities(sentences):
    flat = [tag for tags in sentences for tag in tags]
    assert chunks(flat, "old") == chunks(flat, "new")


def test_chunks_of_a_sentence():
    assert chunks(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"]) == {("PER", 0, 1), ("LOC", 3, 3), ("LOC", 4, 4)}


def test_the_old_rule_lets_a_short_sentence_shift_the_rest():
    # seqeval 0.0.12: f1_score([["NOUN"]], [["NOUN", "VERB"]]) == 0.6666666666666666
    assert chunk_scores([["NOUN"]], [["NOUN", "VERB"]])["f1"] == pytest.approx(2 / 3)
    with pytest.raises(InputError, match="sentence 0"):
        chunk_scores([["NOUN"]], [["NOUN", "VERB"]], "new")


def test_token_accuracy():
    assert token_accuracy([["A", "B"], ["C"]], [["A", "C"], ["C"]]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: token_accuracy([["A"]], [["A", "B"]]),
        lambda: token_accuracy([["A"]], []),
        lambda: token_accuracy([[]], [[]]),
        lambda: chunk_scores([], [], "new"),
        lambda: chunks(["A", ""]),
    ],
)
def test_what_cannot_be_scored_is_refused(call):
    with pytest.raises(InputError):
        call()
