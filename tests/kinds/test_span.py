"""Spans: windows against the tokenizer's own overflow, answers and margins against enumeration, edits against the offsets."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from adaptstilts.errors import InputError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Edited, Limits
from adaptstilts.kinds.segments import placed_ids
from adaptstilts.kinds.windows import slice_of, token_span
from adaptstilts.metrics import squad
from adaptstilts.rows import Answer, SpanRow

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORD = st.sampled_from(["the", "black", "cat", "didn't", "кошка", "北京", "1990", "mat.", "ﬁsh", "½", "book,"])
WORDS = st.lists(WORD, min_size=1, max_size=40)
SPAN = kind_of("span")


def row_of(words, first, last, **extra):
    """A row whose answer is some whole words of its context."""
    start = len(" ".join(words[:first])) + (first > 0)
    text = " ".join(words[first : last + 1])
    return SpanRow("0", "en", "0", " ".join(words), extra.pop("question", "who sat ?"), (Answer(text, start),))


@QUICK
@given(words=WORDS, length=st.integers(16, 40), stride=st.integers(0, 5))
def test_windows_equal_the_tokenizers_own(tokenizer, facts, words, length, stride):
    row = row_of(words, 0, 0)
    ours = SPAN.encode([row], facts(), tokenizer, Limits(length, stride))
    theirs = tokenizer(
        row.question,
        row.context,
        truncation="only_second",
        max_length=length,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    assert [list(e.ids) for e in ours] == theirs["input_ids"]
    for i, encoding in enumerate(ours):
        window, sides = encoding.notes, theirs.sequence_ids(i)
        inside = [offsets for offsets, side in zip(theirs["offset_mapping"][i], sides, strict=True) if side == 1]
        places = range(window.begin, window.begin + window.count)
        assert [(window.context.starts[p], window.context.ends[p]) for p in places] == inside
        assert encoding.second == window.position == sides.index(1)


@QUICK
@given(
    words=WORDS, question=st.lists(WORD, min_size=1, max_size=4), length=st.integers(24, 48), step=st.integers(1, 40)
)
def test_steps_are_xtremes_doc_stride(tokenizer, facts, words, question, length, step):
    """XTREME's SQuAD processor gives the tokenizer stride = max_seq_length - doc_stride - len(query) - specials."""
    row = row_of(words, 0, 0, question=" ".join(question))
    limits = Limits(length, 5, step)
    asked = len(tokenizer(row.question, add_special_tokens=False)["input_ids"])
    stride = length - step - asked - tokenizer.num_special_tokens_to_add(pair=True)
    assume(stride >= 0 and asked <= (length - tokenizer.num_special_tokens_to_add(pair=True)) // 2)
    theirs = tokenizer(
        row.question,
        row.context,
        truncation="only_second",
        max_length=length,
        stride=stride,
        return_overflowing_tokens=True,
    )
    ours = SPAN.encode([row], facts(), tokenizer, limits)
    assert [list(e.ids) for e in ours] == theirs["input_ids"]
    assert [e.notes.begin for e in ours] == [step * i for i in range(len(ours))]


def test_long_steps_leave_no_token_out(tokenizer, facts):
    row = row_of(["the", "black", "cat"] * 30, 0, 0)
    windows = [e.notes for e in SPAN.encode([row], facts(), tokenizer, Limits(24, 5, 500))]
    assert len(windows) > 2 and [w.begin for w in windows[1:]] == [w.begin + w.count for w in windows[:-1]]
    with pytest.raises(InputError, match="0 tokens apart"):
        SPAN.encode([row], facts(), tokenizer, Limits(24, 5, 0))


@QUICK
@given(words=WORDS, data=st.data())
def test_whole_words_come_back_from_their_tokens(tokenizer, words, data):
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, min(first + 4, len(words) - 1)))
    row = row_of(words, first, last)
    (answer,), (context,) = row.answers, placed_ids(tokenizer, [row.context])
    span = token_span(context, answer.start, answer.start + len(answer.text))
    assert slice_of(row.context, context, span) == answer.text


@QUICK
@given(words=WORDS, data=st.data(), length=st.integers(24, 60))
def test_gold_logits_give_the_gold_answer(tokenizer, facts, words, data, length):
    first = data.draw(st.integers(0, len(words) - 1))
    row = row_of(words, first, min(first + 1, len(words) - 1))
    assume(squad.normalise(row.answers[0].text))
    encodings = SPAN.encode([row], facts(metric="squad_f1"), tokenizer, Limits(length, 14))
    outputs = []
    for encoding in encodings:
        output = np.zeros((len(encoding.ids), 2), np.float32)
        if encoding.target != (0, 0):
            output[encoding.target, (0, 1)] = 7
        outputs.append(output)
    assume(any(e.target != (0, 0) for e in encodings))
    (prediction,) = SPAN.decode([row], facts(metric="squad_f1"), encodings, outputs)
    assert (prediction.value, prediction.score) == (row.answers[0].text, pytest.approx(1.0))


def every_span(encodings, outputs, longest):
    """(score, start character, end character) of every span of every window."""
    for encoding, output in zip(encodings, outputs, strict=True):
        w = encoding.notes
        for i in range(w.count):
            for j in range(i, min(i + longest, w.count)):
                score = output[w.position + i, 0] + output[w.position + j, 1]
                yield score, w.context.starts[w.begin + i], w.context.ends[w.begin + j]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("no_answer", [False, True])
def test_answers_and_margins_equal_enumeration(bpe, facts, seed, no_answer):
    rng = np.random.default_rng(seed)
    words = ["the", "cat", "dog", "mat", "bark", "sat", "the", "book", "women", "apple", "fish", "read"] * 2
    row = row_of(words, 3 + seed, 4 + seed)
    if no_answer and seed % 3 == 0:
        row = SpanRow("0", "en", "0", row.context, row.question, ())
    task = facts(metric="squad_f1", options={"no_answer": no_answer, "max_answer_tokens": 3, "null_threshold": 0.25})
    encodings = SPAN.encode([row], task, bpe, Limits(30, 8))
    outputs = [rng.normal(size=(len(e.ids), 2)).astype(np.float32) for e in encodings]
    for output in outputs:
        output[0] += seed % 4  # no answer is sometimes the rival, sometimes what is said
    (prediction,) = SPAN.decode([row], task, encodings, outputs)

    spans = [(s, row.context[a:b].strip(), a, b) for s, a, b in every_span(encodings, outputs, 3)]
    null = min(float(o[0].sum()) for o in outputs) - 0.25
    best = max(spans)
    said = "" if no_answer and null > best[0] else best[1]
    assert prediction.value == said
    golds = [a.text for a in row.answers]
    f1 = squad.f1_v2 if no_answer else lambda text, gs: max(squad.f1(text, g) for g in gs)
    assert prediction.score == f1(said, golds)
    rival = max(s for s, text, _, _ in spans if f1(text, golds) == 0)
    if golds:
        (answer,) = row.answers
        end = answer.start + len(answer.text)
        full = every_span(encodings, outputs, 99)  # a gold span may be longer than what may be said
        inside = [s for s, a, b in full if row.context[a:b].strip() == answer.text and b == end]
        expected = max(inside) - (max(rival, null) if no_answer else rival)
    else:
        expected = null - rival
        assert (prediction.margin > 0) == (prediction.score == 1.0)
    assert len(encodings) > 1
    assert prediction.margin == pytest.approx(float(expected), abs=1e-5)


def test_targets_point_at_the_answer_or_at_the_first_token(bpe, facts):
    row = row_of(["cat"] * 30 + ["dog"] + ["mat"] * 9, 30, 30)
    encodings = SPAN.encode([row], facts(), bpe, Limits(24, 6))
    assert len(encodings) > 2
    for encoding in encodings:
        first, last = encoding.target
        if (first, last) != (0, 0):
            assert bpe.decode(encoding.ids[first : last + 1]).replace("▁", "").strip() == "dog"
    held = [e.target != (0, 0) for e in encodings]
    assert 0 < sum(held) < len(held)


def test_long_questions_leave_room_for_the_context(bpe, facts):
    row = row_of(["cat", "dog"], 1, 1, question="who sat on the mat " * 30)
    for limit, kept in ((Limits(40, 4), 18), (Limits(400, 4), 64)):
        (encoding, *_) = SPAN.encode([row], facts(), bpe, limit)
        assert encoding.second == kept + 3
        assert encoding.truncated > 0


def test_no_answer_is_said_above_the_threshold_only(bpe, facts):
    row = SpanRow("0", "en", "0", "the cat", "who ?", ())
    for threshold, said in ((0.0, ""), (3.5, ""), (4.5, "the cat")):
        task = facts(metric="squad_f1", options={"no_answer": True, "null_threshold": threshold})
        (encoding,) = SPAN.encode([row], task, bpe, Limits(30, 8))
        output = np.full((len(encoding.ids), 2), -9, np.float32)
        output[0] = 2.0  # no answer: 4
        output[encoding.notes.position, 0] = output[encoding.notes.position + encoding.notes.count - 1, 1] = 0.0
        (prediction,) = SPAN.decode([row], task, [encoding], [output])
        assert (prediction.value, prediction.score) == (said, float(said == ""))
        assert prediction.margin == pytest.approx(4 - threshold)


def test_scores_follow_the_metric_and_the_language(facts):
    rows = [SpanRow(str(i), "zh", "s", "北京市 的", "?", (Answer("北京", 0),)) for i in range(2)]
    said = [SPAN_PREDICTION("北京"), SPAN_PREDICTION("北京市")]
    assert SPAN.score(rows, said, facts(metric="squad_f1"), "zh") == {"squad_em": 0.5, "squad_f1": 0.5}
    assert SPAN.score(rows, said, facts(metric="mlqa_f1"), "zh") == pytest.approx({"mlqa_em": 0.5, "mlqa_f1": 0.9})


def SPAN_PREDICTION(text):
    from adaptstilts.kinds.kind import Prediction

    return Prediction(text, 0.0, 0.0)


def test_unanswerable_questions_are_scored_by_v2(facts):
    task = facts(metric="squad_f1", options={"no_answer": True})
    rows = [SpanRow("0", "en", "s", "a cat", "?", (Answer("cat", 2),)), SpanRow("1", "en", "s", "a cat", "?", ())]
    scores = SPAN.score(rows, [SPAN_PREDICTION("cat"), SPAN_PREDICTION("cat")], task, "en")
    assert (scores["squad_f1"], scores["squad_has_answer_f1"], scores["squad_no_answer_f1"]) == (0.5, 1.0, 0.0)
    assert SPAN.chance(rows, task) == 0.5
    constant = SPAN.score(rows, [SPAN_PREDICTION(""), SPAN_PREDICTION("")], task, "en")
    assert SPAN.chance(rows, task) == constant["squad_f1"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS, data=st.data())
def test_edits_outside_the_protected_ranges_keep_every_answer(facts, words, data):
    first = data.draw(st.integers(0, len(words) - 1))
    row = row_of(words, first, min(first + data.draw(st.integers(0, 2)), len(words) - 1))
    context, question = SPAN.fields(row, facts())
    locked = {i for a, b in context.protected for i in range(a, b)}
    text, moved = "", []
    for i, letter in enumerate(context.text):  # drop, double, replace or keep every letter that may be touched
        moved.append(len(text))
        text += letter if i in locked else data.draw(st.sampled_from(["", letter, letter * 2, "ж", f"{letter} q"]))
    moved.append(len(text))
    edited = SPAN.replace(row, {"context": Edited(text, tuple(moved))})
    (answer,) = edited.answers
    assert answer.text == row.answers[0].text
    assert edited.context[answer.start : answer.start + len(answer.text)] == answer.text
    assert question.text == row.question


def test_every_occurrence_of_an_answer_is_protected(facts):
    context = "a cat, a cat and aacata"
    row = SpanRow("0", "en", "0", context, "?", (Answer("cat", 2), Answer("a cat", 0)))
    (field, _) = SPAN.fields(row, facts())
    assert [context[a:b] for a, b in field.protected] == ["a cat, a cat ", "acata"]


def test_an_edit_that_breaks_an_answer_is_refused():
    row = SpanRow("0", "en", "0", "a cat", "?", (Answer("cat", 2),))
    with pytest.raises(InputError, match="gold answer"):
        SPAN.replace(row, {"context": Edited("a cut", (0, 1, 2, 3, 4, 5))})


def test_a_sentence_before_the_answer_moves_it():
    row = SpanRow("0", "en", "0", "a cat", "?", (Answer("cat", 2),))
    edited = SPAN.replace(row, {"context": Edited("No. a cat", tuple(range(4, 10)))})
    assert edited.answers == (Answer("cat", 6),)
