"""Reading: good records become rows, and every bad one is refused with task, split, language, row and field named."""

import pytest

from adaptstilts.errors import RowError, UnknownName
from adaptstilts.kinds import KINDS, kind_of
from adaptstilts.kinds.kind import Whereabouts
from adaptstilts.rows import Answer

PLACE = Whereabouts("mytask", "dev", "sw")
LABELS = ("yes", "no")
GOOD = {
    "single": {"text": "a cat", "label": 1},
    "pair": {"first": "a cat", "second": "a dog", "label": "no"},
    "choice": {"context": "it rained", "question": "", "choices": ["wet", "dry"], "label": 0},
    "span": {"id": "q7", "context": "a cat", "question": "who?", "answers": {"text": ["cat"], "answer_start": [2]}},
    "tagging": {"words": ["a", "cat"], "tags": [0, "no"]},
    "retrieval": {"query": "cat", "candidate": "paka"},
}
BAD = [
    ("single", {"text": "  "}, "text"),
    ("single", {"text": None}, "text"),
    ("single", {"text": 5}, "text"),
    ("single", {"label": 2}, "label"),
    ("single", {"label": -1}, "label"),
    ("single", {"label": "maybe"}, "label"),
    ("single", {"label": True}, "label"),
    ("single", {"label": 0.0}, "label"),
    ("pair", {"second": ""}, "second"),
    ("pair", {"first": None}, "first"),
    ("choice", {"context": "", "question": " "}, "context"),
    ("choice", {"choices": ["one"]}, "choices"),
    ("choice", {"choices": ["1", "2", "3", "4", "5", "6"]}, "choices"),
    ("choice", {"choices": ["wet", ""]}, "choices"),
    ("choice", {"choices": "wet"}, "choices"),
    ("choice", {"choices": ["wet", None]}, "choices"),
    ("choice", {"label": 2}, "label"),
    ("choice", {"label": "0"}, "label"),
    ("span", {"context": ""}, "context"),
    ("span", {"question": ""}, "question"),
    ("span", {"answers": {"text": ["cat"], "answer_start": [1]}}, "answers"),
    ("span", {"answers": {"text": ["cat"], "answer_start": [-3]}}, "answers"),
    ("span", {"answers": {"text": ["cat"], "answer_start": []}}, "answers"),
    ("span", {"answers": {"text": [""], "answer_start": [0]}}, "answers"),
    ("span", {"answers": {"text": [], "answer_start": []}}, "answers"),
    ("span", {"answers": {"text": ["cat"]}}, "answers"),
    ("span", {"answers": ["cat"]}, "answers"),
    ("tagging", {"tags": [0]}, "tags"),
    ("tagging", {"tags": [0, 2]}, "tags"),
    ("tagging", {"tags": [0, "X"]}, "tags"),
    ("tagging", {"words": ["a", ""]}, "words"),
    ("tagging", {"words": ["a", " "]}, "words"),
    ("tagging", {"words": [], "tags": []}, "words"),
    ("tagging", {"words": "a cat"}, "words"),
    ("retrieval", {"candidate": " "}, "candidate"),
    ("retrieval", {"query": None}, "query"),
    ("retrieval", {"query": ""}, "query"),
]


@pytest.mark.parametrize("name", KINDS)
def test_a_good_record_becomes_a_row(name, facts):
    kind = kind_of(name)
    assert set(GOOD[name]) <= set(kind.columns) | {"id"}
    row = kind.read(GOOD[name], 41, facts(labels=LABELS), PLACE)
    own = GOOD[name].get("id", "41")
    assert (row.id, row.source, row.language) == (own, own, "sw")
    named = kind.read({**GOOD[name], "id": 8, "source": "s1"}, 41, facts(labels=LABELS), PLACE)
    assert (named.id, named.source) == ("8", "s1")
    assert all(kind.shown(row, facts(labels=LABELS)).keys())


@pytest.mark.parametrize(("name", "change", "field"), BAD, ids=[f"{n}-{c}" for n, c, _ in BAD])
def test_a_bad_record_is_refused_by_name(name, change, field, facts):
    with pytest.raises(RowError) as caught:
        kind_of(name).read({**GOOD[name], **change}, 3, facts(labels=LABELS), PLACE)
    error = caught.value
    where = (error.task, error.split, error.language, error.row, error.field)
    assert where == ("mytask", "dev", "sw", GOOD[name].get("id", "3"), field)
    assert all(str(part) in str(error) for part in where)


@pytest.mark.parametrize(("name", "column"), [(n, c) for n, k in KINDS.items() for c in k.columns if c != "id"])
def test_a_missing_column_is_named(name, column, facts):
    record = {key: value for key, value in GOOD[name].items() if key != column}
    with pytest.raises(RowError, match="missing") as caught:
        kind_of(name).read(record, 0, facts(labels=LABELS), PLACE)
    assert caught.value.field == column


def test_labels_and_answers_arrive_as_numbers(facts):
    assert kind_of("pair").read(GOOD["pair"], 0, facts(labels=LABELS), PLACE).label == 1
    assert kind_of("tagging").read(GOOD["tagging"], 0, facts(labels=LABELS), PLACE).tags == (0, 1)
    assert kind_of("span").read(GOOD["span"], 0, facts(), PLACE).answers == (Answer("cat", 2),)


def test_unanswerable_questions_need_the_option(facts):
    record = {**GOOD["span"], "answers": {"text": [], "answer_start": []}}
    assert kind_of("span").read(record, 0, facts(options={"no_answer": True}), PLACE).answers == ()


def test_unknown_kinds_get_a_suggestion():
    with pytest.raises(UnknownName, match="tagging"):
        kind_of("taging")
