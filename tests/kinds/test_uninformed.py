"""What a model that has learnt something must beat, by hand for each kind; and shares of rows, which add up to the metric."""

import numpy as np
import pytest

from adaptstilts.kinds import KINDS, kind_of
from adaptstilts.kinds.kind import Prediction, mean_score
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, SpanRow, TaggingRow
from adaptstilts.tasks import TASKS
from adaptstilts.work.taught import above_chance
from tests.kinds.test_kind_laws import LIMITS, METRIC, ROWS

TAGS = ("O", "B-PER", "I-PER")


def ratio(shares):
    return sum(points for points, _ in shares) / sum(out_of for _, out_of in shares)


def metrics_of(name):
    return {"single": ("accuracy", "balanced_accuracy"), "tagging": ("chunk_f1", "token_accuracy")}.get(
        name, (METRIC[name],)
    )


@pytest.mark.parametrize(("name", "metric"), [(name, metric) for name in KINDS for metric in metrics_of(name)])
def test_shares_add_up_to_the_metric(name, metric, facts, tokenizer):
    """Random outputs; the metric's own scorer is the measure."""
    kind, rows, rng = kind_of(name), ROWS[name], np.random.default_rng(2)
    told = facts(labels=TAGS, metric=metric)
    encodings = kind.encode(rows, told, tokenizer, LIMITS)
    head = kind.head(told)
    shape = (max(head.outputs, 1),) if name != "retrieval" else (8,)
    outputs = [rng.normal(size=(len(e.ids), *shape) if head.level == "token" else shape) for e in encodings]
    predictions = kind.decode(rows, told, encodings, [output.astype(np.float32) for output in outputs])
    assert ratio(kind.shares(rows, predictions, told)) == pytest.approx(
        kind.score(rows, predictions, told, "en")[metric]
    )


@pytest.mark.parametrize("name", KINDS)
def test_uninformed_answers_score_at_least_chance(name, facts):
    kind, rows, told = kind_of(name), ROWS[name], facts(labels=TAGS, metric=METRIC[name])
    answers = kind.uninformed(rows, told)
    assert len(answers) == len(rows)
    shares = kind.shares(rows, answers, told)
    assert (sum(p for p, _ in shares) / (sum(n for _, n in shares) or 1)) >= kind.chance(rows, told) - 1e-12


def test_of_labels_it_is_the_commonest(facts):
    rows = [ClassificationRow(str(i), "en", "s", "a", "b", label) for i, label in enumerate((0, 2, 2, 1, 2))]
    told = facts(labels=("x", "y", "z"))
    assert [p.value for p in kind_of("pair").uninformed(rows, told)] == [2] * 5
    assert mean_score(kind_of("pair").uninformed(rows, told)) == pytest.approx(3 / 5)


def test_of_choices_it_is_one_place_or_chance(facts):
    def rows(labels):
        return [ChoiceRow(str(i), "en", "s", "c", "", ("a", "b", "c", "d"), label) for i, label in enumerate(labels)]

    choice = kind_of("choice")
    assert mean_score(choice.uninformed(rows((3, 3, 1, 3)), facts())) == pytest.approx(3 / 4)
    assert mean_score(choice.uninformed(rows((0, 1, 2, 3)), facts())) == pytest.approx(1 / 4)
    uneven = [
        ChoiceRow("0", "en", "s", "c", "", ("a", "b"), 1), ChoiceRow("1", "en", "s", "c", "", ("a", "b"), 0),
        ChoiceRow("2", "en", "s", "c", "", ("a", "b", "c"), 2),
    ]  # fmt: skip
    assert mean_score(choice.uninformed(uneven, facts())) == pytest.approx((1 / 2 + 1 / 2 + 1 / 3) / 3)


def test_of_spans_it_is_no_answer_or_the_contexts_beginning(facts):
    context = "red " + "and so on " * 30
    rows = [
        SpanRow("0", "en", "s", context, "which ?", (Answer("red", 0),)),
        SpanRow("1", "en", "s", context, "who ?", ()),
    ]
    span = kind_of("span")
    first, none = (
        span.uninformed(rows[:1], facts(metric="squad_f1")),
        facts(metric="squad_f1", options={"no_answer": True}),
    )
    assert first[0].value == " ".join(context.split()[:10])
    assert first[0].score == pytest.approx(2 * (1 / 10) / (1 / 10 + 1))  # one word of ten, and all of the gold ones
    assert [p.value for p in span.uninformed(rows, none)] == ["", ""]
    assert mean_score(span.uninformed(rows, none)) == 0.5


def test_of_tags_it_is_the_commonest(facts):
    rows = [TaggingRow("0", "en", "s", ("a", "b", "c"), (0, 0, 1)), TaggingRow("1", "en", "s", ("d",), (1,))]
    words = facts(labels=("N", "V"), metric="token_accuracy")
    tagging = kind_of("tagging")
    answers = tagging.uninformed(rows, words)
    assert [p.value for p in answers] == [[0, 0, 0], [0]]
    assert tagging.shares(rows, answers, words) == [(2.0, 3.0), (0.0, 1.0)]
    entities = facts(labels=TAGS, metric="chunk_f1")
    assert tagging.shares(rows, tagging.uninformed(rows, entities), entities) == [(0.0, 1.0), (0.0, 1.0)]


def test_no_rows_no_answer(facts):
    for name in KINDS:
        with pytest.raises(Exception, match="without"):
            kind_of(name).uninformed([], facts(labels=TAGS, metric=METRIC[name]))


def answered(rows, values):
    return [Prediction(value, float(value == row.label), 0.0) for row, value in zip(rows, values, strict=True)]


def test_a_head_that_says_one_label_has_not_learnt():
    rows = [ClassificationRow(str(i), "en", str(i), "a", "b", i % 2) for i in range(600)]
    constant = above_chance(rows, answered(rows, [1] * 600), TASKS.get("pawsx"))
    better = above_chance(rows, answered(rows, [i % 2 if i % 10 else 0 for i in range(600)]), TASKS.get("pawsx"))
    assert (constant.by, constant.uninformed, constant.taught) == (0.0, 0.5, False)
    assert better.taught
    assert better.n == 600


def test_what_trains_no_head_is_not_asked():
    rows = ROWS["retrieval"]
    assert above_chance(rows, [Prediction(None, 0.0, 0.0)] * len(rows), TASKS.get("tatoeba")) is None
