"""Tagging: splitting and rejoining loses nothing, tokens equal the tokenizer's own, words without tokens get a default."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptstilts.errors import InputError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Edited, Limits, Prediction
from adaptstilts.kinds.segments import template, token_ids
from adaptstilts.kinds.tagging import fallback
from adaptstilts.rows import TaggingRow

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LABELS = ("B-PER", "O", "I-PER")
TAGGING = kind_of("tagging")
WORDS = st.lists(
    st.sampled_from(["the", "cat", "didn't", "кошка", "北京", "1990", "\u200b", "zzzzqq"]), min_size=1, max_size=30
)


def sentence(words, tags=None):
    return TaggingRow("0", "en", "0", tuple(words), tuple(tags or [i % 3 for i in range(len(words))]))


@QUICK
@given(words=WORDS, length=st.integers(4, 24))
def test_splitting_and_rejoining_loses_nothing(tokenizer, facts, words, length):
    row, task = sentence(words), facts(labels=LABELS, metric="chunk_f1")
    encodings = TAGGING.encode([row], task, tokenizer, Limits(length))
    shape, tokens = template(tokenizer), token_ids(tokenizer, row.words)
    room = shape.room(length, pair=False)
    inner = [i for e in encodings for i in e.ids[len(shape.before) : len(e.ids) - len(shape.after)]]
    assert inner == [i for word in tokens for i in word[:room]]
    assert sum(e.truncated for e in encodings) == sum(max(0, len(word) - room) for word in tokens)
    held = [word for e in encodings for word in e.notes.words]
    assert held == [i for i, word in enumerate(tokens) if word]
    tags = [tag for e in encodings for tag in e.target if tag != -100]
    assert tags == [row.tags[word] for word in held]
    outputs = [np.eye(3, dtype=np.float32)[[max(tag, 0) for tag in e.target]] for e in encodings]
    (prediction,) = TAGGING.decode([row], task, encodings, outputs)
    assert prediction.value == [tag if tokens[i] else 1 for i, tag in enumerate(row.tags)]
    assert prediction.margin == (1.0 if held else 0.0)


@QUICK
@given(words=WORDS)
def test_tokens_equal_the_tokenizers_own_for_words(tokenizer, facts, words):
    (encoding,) = TAGGING.encode([sentence(words)], facts(labels=LABELS), tokenizer, Limits(400))
    theirs = tokenizer(words, is_split_into_words=True)
    assert list(encoding.ids) == theirs["input_ids"]
    first = {}
    for position, word in enumerate(theirs.word_ids()):
        if word is not None:
            first.setdefault(word, position)
    assert dict(zip(encoding.notes.words, encoding.notes.positions, strict=True)) == first


def test_a_sentence_without_tokens_still_has_an_input(bpe, facts):
    class Deaf:
        """A tokenizer that hears nothing but its own probes."""

        def __call__(self, first, *rest, **options):
            if "add_special_tokens" in options:
                return {"input_ids": [[] for _ in first]}
            return bpe(first, *rest, **options)

    row, task = sentence(["\u200b", "\u200b"], [1, 0]), facts(labels=LABELS, metric="chunk_f1")
    (encoding,) = TAGGING.encode([row], task, Deaf(), Limits(16))
    assert (encoding.ids, encoding.target) == ((0, 2), (-100, -100))
    (prediction,) = TAGGING.decode([row], task, [encoding], [np.zeros((2, 3), np.float32)])
    assert (prediction.value, prediction.margin) == ([1, 1], 0.0)


@pytest.mark.parametrize(("labels", "tag"), [(("B", "O"), 1), (("NOUN", "VERB", "X"), 2), (("N", "V"), 0)])
def test_the_tag_of_a_word_without_tokens(labels, tag):
    assert fallback(labels) == tag


def test_margins_are_the_mean_over_words(bpe, facts):
    row, task = sentence(["the", "cat"], [0, 2]), facts(labels=LABELS, metric="chunk_f1")
    (encoding,) = TAGGING.encode([row], task, bpe, Limits(16))
    output = np.zeros((len(encoding.ids), 3), np.float32)
    output[encoding.notes.positions[0]] = [3, 1, 0]  # 3 - 1
    output[encoding.notes.positions[1]] = [4, 0, 1]  # 1 - 4
    (prediction,) = TAGGING.decode([row], task, [encoding], [output])
    assert (prediction.value, prediction.margin) == ([0, 0], -0.5)


def test_row_scores(facts):
    bare, entities = facts(labels=("NOUN", "VERB"), metric="chunk_f1"), facts(labels=LABELS, metric="chunk_f1")

    def row_score(task, tags, said):
        row = sentence(["w"] * len(tags), tags)

        class Words:
            def __call__(self, texts, *rest, **options):
                ids = [[5] for _ in texts]
                if "add_special_tokens" in options:
                    return {"input_ids": ids}
                return Probe([[5] * (1 + len(rest))])

        class Probe(dict):
            def __init__(self, ids):
                super().__init__(input_ids=ids)

            def sequence_ids(self, index):
                return list(range(len(self["input_ids"][0])))

        encodings = TAGGING.encode([row], task, Words(), Limits(16))
        output = np.eye(len(task.labels), dtype=np.float32)[said]
        return TAGGING.decode([row], task, encodings, [output])[0].score

    assert row_score(bare, [0, 1, 1, 0], [0, 1, 0, 0]) == 0.75  # bare tags: the share of words
    assert row_score(entities, [0, 2, 1, 0], [0, 2, 1, 1]) == pytest.approx(2 / 3)  # entities: chunk F1
    assert row_score(entities, [1, 1], [1, 1]) == 1.0  # nothing to find, nothing found
    assert row_score(entities, [1, 1], [1, 0]) == 0.0


def test_corpus_scores_use_the_published_rule_unless_told(facts):
    rows = [TaggingRow("0", "en", "0", ("a", "b"), (0, 0))]
    said = [Prediction([0, 0], 1.0, 1.0)]
    old = TAGGING.score(rows, said, facts(labels=("X",), metric="chunk_f1"), "en")
    new = TAGGING.score(rows, said, facts(labels=("X",), metric="chunk_f1", options={"chunk_rule": "new"}), "en")
    assert (old["chunk_f1"], new["chunk_f1"]) == (1.0, 0.0)
    assert old["token_accuracy"] == new["token_accuracy"] == 1.0


def test_chance_is_the_commonest_tag_everywhere(facts):
    rows = [sentence("abcd", [0, 0, 1, 0]), sentence("ab", [1, 0])]
    # gold chunks: N(0,1) V N | V N; said: NNNN | NN. Nothing matches by span.
    assert TAGGING.chance(rows, facts(labels=("NOUN", "VERB"), metric="chunk_f1")) == 0.0
    assert TAGGING.chance(rows, facts(labels=("NOUN", "VERB"), metric="token_accuracy")) == pytest.approx(4 / 6)


def test_words_are_fields_by_number(facts):
    row = sentence(["the", "cat"])
    assert [f.name for f in TAGGING.fields(row, facts(labels=LABELS))] == ["0", "1"]
    assert TAGGING.replace(row, {"1": Edited("cta", (0, 1, 2, 3))}).words == ("the", "cta")
    with pytest.raises(InputError, match="empty"):
        TAGGING.replace(row, {"1": Edited("", (0, 0, 0, 0))})
