"""The types of records: they agree with the steps and with the schema, lose no byte, and let nothing pass that is out of range."""

import dataclasses
import json

import jsonschema
import pytest
from pydantic import ValidationError

from adaptstilts import ids
from adaptstilts.steps.step import Lesson, Score, Shelved, TrainAdapter, Transfer
from adaptstilts.store.records.numbers import Scores
from adaptstilts.store.records.record import read_record, record_of
from adaptstilts.store.records.spec import AdapterSpec, LessonSpec, ScoreSpec, ShelvedSpec, TransferSpec
from adaptstilts.store.schema import RECORD, record_schema
from tests.store.filled import record, whole

KINDS = ("adapter", "transfer", "score")
ATTACKED = {
    "n": 4,
    "reached": 3,
    "clean": 0.5,
    "accuracy": 0.25,
    "worst_case": 0.25,
    "success_rate": None,
    "queries": 2.0,
}


def changed(value, path, new):
    """A record with one field, named by its dotted path, set to something else."""
    value = json.loads(json.dumps(value))
    *parents, last = path.split(".")
    inner = value
    for name in parents:
        inner = inner[name]
    inner[last] = new
    return value


@pytest.mark.parametrize(
    ("step", "spec"),
    [
        (TrainAdapter, AdapterSpec),
        (Transfer, TransferSpec),
        (Score, ScoreSpec),
        (Lesson, LessonSpec),
        (Shelved, ShelvedSpec),
    ],
)
def test_a_spec_has_the_fields_of_its_step_with_their_defaults(step, spec):
    fields = {name: field for name, field in spec.model_fields.items() if name != "step"}
    assert list(fields) == [f.name for f in dataclasses.fields(step)]
    for f in dataclasses.fields(step):
        field = fields[f.name]
        given = (
            f.default if f.default_factory is dataclasses.MISSING else {}
        )  # settings at their defaults are an empty object
        assert field.is_required() == (given is dataclasses.MISSING), f.name
        assert field.is_required() or field.get_default(call_default_factory=True) == given, f.name


def test_the_schema_on_disk_is_that_of_the_types():
    assert RECORD.read_text(encoding="utf-8") == record_schema(), "renew it: python -m adaptstilts.store.schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(record_schema()))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_known_is_kept_and_written_back(kind):
    value = {**whole(kind), "from_tomorrow": {"a": [1, None]}}
    for part in ("spec", "cost", "provenance"):
        value[part]["unheard_of"] = 1
    read = read_record(json.dumps(value))
    assert read.plain() == value and record_of(value) == read


def test_scores_are_written_in_the_order_in_which_they_were_made():
    value = whole(
        "score", attack="swap", scores={"en": ATTACKED, "de": {"n": 4, "reached": 0, "n/a": "no row could be changed"}}
    )
    assert json.dumps(read_record(json.dumps(value)).plain()["scores"]) == json.dumps(value["scores"])


def test_a_spec_is_written_back_as_it_was_read_and_no_number_is_made_of_a_text():
    for numbers in ({"severity": 1, "noise": 0.5}, {"severity": 1.0, "noise": 2}):
        value = whole("score", spec={**numbers, "rows": 3})
        found = read_record(json.dumps(value))
        assert ids.digest(found.spec.plain()) == value["key"] == ids.digest(value["spec"])
    for rows in ("3", 3.0, True):
        with pytest.raises(ValueError, match="rows"):
            read_record(json.dumps(whole("score", spec={"rows": rows})))


def test_scores_let_be_what_they_do_not_know_and_take_one_for_a_metric():
    cells = {"n": 4, "accuracy": 1, "rows_a_second": 3.5, "refused": "a field of tomorrow"}
    found = read_record(json.dumps(whole("score", scores={"en": cells})))
    score = found.score("en")
    assert (score, type(score)) == (1.0, float) and found.scores["en"].refused is None
    assert found.plain()["scores"]["en"] == cells and found.scores["en"].metrics == {"accuracy": 1.0}
    value = whole("score", scores={"en": {"n": 4, "accuracy": True}})
    assert read_record(json.dumps(value)).score("en") is None
    with pytest.raises(ValueError, match=r"scores\.en\.f1"):
        record("score", metric="f1", scores={"en": {"n": 4, "f1": 2}})


def test_what_older_records_leave_out_or_say_as_null_is_read():
    value = whole("score", standins=None, attention=None, provenance=dict.fromkeys(("engine", "python", "platform")))
    for name in ("settings", "packages", "device"):
        del value["provenance"][name]
    del value["cost"]["peak_memory"]
    found = read_record(json.dumps(value))
    own = found.provenance
    assert (own.engine, own.python, own.platform, own.device, own.packages, own.settings) == ("", "", "", "", {}, {})
    assert (found.standins, found.attention, found.cost.peak_memory) == ({}, {}, 0)
    assert read_record(json.dumps(whole("transfer", notes=None))).notes == ()


def test_a_part_that_cannot_be_says_so_in_one_line():
    with pytest.raises(ValueError, match=r"clean: .*; truncated: ") as told:
        Scores(n=3, clean=float("nan"), truncated=-1)
    assert "\n" not in str(told.value) and not isinstance(told.value, ValidationError)


def test_readers_use_fields():
    found = record("score", attack="swap", scores={"en": ATTACKED, "de": {"n/a": "no such letters"}})
    told = found.scores["en"]
    assert (told.n, told.reached, told.clean, told.metric("accuracy"), told.worst_case) == (4, 3, 0.5, 0.25, 0.25)
    assert told.metric("f1") is None and told.metrics == {"accuracy": 0.25} and told.refused is None
    assert found.scores["de"].refused == "no such letters" and found.scores["de"].metric("accuracy") is None
    assert found.spec.severity == 0.0 and found.spec.clean is None


WRONG = {
    "score": {
        "schema": 2,
        "key": "0123",
        "step": "dance",
        "outcome": "failed",
        "upstream": ["x"],
        "cost.seconds": -1.0,
        "cost.peak_memory": 1.5,
        "spec.severity": -0.1,
        "spec.step": "adapter",
        "scores": {"en": {}},
        "scores.en.n": -1,
        "scores.en.accuracy": 1.01,
        "scores.en.worst_case": 2.0,
        "scores.en.clean": float("nan"),
        "summary.mean": float("inf"),
        "exposure": "perhaps",
    },
    "transfer": {
        "parts.total": -1,
        "parts.gate": "many",
        "adapters": {"mnli": "f"},
        "training": {"loss": [[1, 0.5, 2]]},
    },
    "adapter": {"adapter": {}, "scores": {"en": {"n": 3, "accuracy": 77.0}}, "training": {"tokens": -1}},
}


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in WRONG.items() for path in paths])
def test_what_cannot_be_is_no_record_by_type_and_by_schema(kind, path):
    good = whole(kind, **({"scores": {"en": ATTACKED}} if kind == "score" else {}))
    spoilt = changed(good, path, WRONG[kind][path])
    validator = jsonschema.Draft202012Validator(json.loads(record_schema()))
    assert record_of(good) and validator.is_valid(good)
    with pytest.raises(ValueError, match=path.split(".")[-1]) as told:
        record_of(spoilt)
    assert "\n" not in str(told.value) and "pydantic" not in str(told.value)
    if "inf" not in (text := json.dumps(spoilt).lower()) and "nan" not in text:
        assert not validator.is_valid(spoilt)


def test_a_record_does_not_change():
    found = record("transfer")
    with pytest.raises(ValidationError, match="frozen"):
        found.seed = 3
    assert ids.digest(found.spec.plain()) == found.key
