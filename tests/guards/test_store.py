"""Records that cannot be, in a store: each is named and left out, and never fatal to the others, whichever verb reads."""

import json
from types import SimpleNamespace

import pytest

from adaptstilts.cli.main import cli
from adaptstilts.errors import CorruptArtefact
from adaptstilts.report.rescore import rescore
from adaptstilts.store.pool import pool, take_in
from adaptstilts.store.store import Store
from tests.guards.fuzz import small_store
from tests.store.filled import whole

BROKEN = {
    "no JSON": lambda record: b"{",
    "another schema": lambda record: {**record, "schema": 99},
    "no amount": lambda record: {**record, "cost": {"seconds": -5.0}},
    "NaN": lambda record: {**record, "cost": {"seconds": float("nan")}},
    "too many": lambda record: {**record, "cost": {"seconds": 1.0, "peak_memory": 10**30}},
    "a list": lambda record: {**record, "provenance": [1]},
    "a title of another type": lambda record: {**record, "title": {"a": 1}},
    "half a letter": lambda record: {**record, "title": "\ud800"},
    "a name twice": lambda record: json.dumps(record)[:-1].encode() + b', "title": "x", "title": "y"}',
    "another step": lambda record: {**record, "key": "0" * 16},
    "no text": lambda record: b"\xff\xfe",
}


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Where `hurt` puts an adapter, a transfer and its score, one of them broken."""
    monkeypatch.chdir(tmp_path)
    return Store(tmp_path / "runs")


def hurt(store, records, bad, how):
    for record in records:
        store.folder(record["key"]).mkdir(parents=True)
        found = BROKEN[how](record) if record is bad else record
        content = found if isinstance(found, bytes) else json.dumps(found).encode()
        (store.folder(record["key"]) / "record.json").write_bytes(content)
    return bad["key"]


def call(*words):
    cli.main(list(words), prog_name="adaptstilts", standalone_mode=False)


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("which", [0, 2])
def test_verbs_go_on_without_it(store, capsys, how, which):
    records = small_store()
    key, transfer = hurt(store, records, records[which], how), records[1]["key"]
    for words in (("list", "runs"), ("list", "runs", "--json"), ("show", transfer), ("export", "--records", "out.zip")):
        call(*words)
        said = capsys.readouterr()
        assert f"{key}/record.json" in said.err and "Traceback" not in said.err
        assert words[0] == "export" or transfer in said.out or "none → pawsx" in said.out
    call("status")
    assert take_in(Store(store.root.parent / "other"), store.root.parent / "out.zip").new == tuple(
        sorted(record["key"] for record in records if record["key"] != key)
    )
    with pytest.raises(CorruptArtefact):
        pool(store, store.root.parent / "out.zip")


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize(
    "words",
    [("report", "--format", "latex"), ("publish", "--results", "runs", "me/x", "--dry-run")],
    ids=lambda w: w[0],
)
def test_what_pools_records_counts_it(store, capsys, words, how):
    records = small_store()
    key = hurt(store, records, records[0], how)
    call(*words)
    said = capsys.readouterr().err
    assert f"{key}/record.json" in said and "left out: 1 record(s)" in said


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("words", [("attack",), ("publish",), ("export",), ("why",)], ids=lambda words: words[0])
def test_who_asks_for_it_is_told_what_is_wrong(store, capsys, words, how):
    records = small_store()
    key = hurt(store, records, records[1], how)
    more = {"publish": ("me/x", "--dry-run"), "export": ("--xtreme", "there")}.get(words[0], ())
    if words == ("why",):
        call("why", key)
        assert "not a readable record" in capsys.readouterr().out
        return
    with pytest.raises(CorruptArtefact) as told:
        call(*words, key, *more)
    assert f"{key}/record.json" in told.value.where and "not a readable record" in told.value.what


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', '{"a": ' + "[" * 5000, '{"a": 1, "a": 2}', "[1"])
@pytest.mark.parametrize("words", [("attack",), ("export", "--xtreme", "there")], ids=lambda words: words[0])
def test_a_spec_that_no_step_is_made_of(store, words, text):
    transfer = whole("transfer", spec={"data": text})
    store.folder(transfer["key"]).mkdir(parents=True)
    (store.folder(transfer["key"]) / "record.json").write_text(json.dumps(transfer))
    with pytest.raises(CorruptArtefact) as told:
        call(words[0], transfer["key"], *words[1:])
    assert transfer["key"] in told.value.where


def test_a_score_that_does_not_read_back_is_not_made_again_and_told(store, monkeypatch):
    key, none = hurt(store, records := small_store(), records[2], "no JSON"), {"score": [], "transfer": []}
    used = {"score": [key], "transfer": [records[1]["key"]]}
    monkeypatch.setattr(Store, "whole", lambda store, key: True)
    made = rescore(SimpleNamespace(store=store.root, cells=none, clean=used, clean_of=lambda key: ""), 1, 0)
    assert made.possible == 1 and not made.titles and f"{key}/record.json" in made.failed[0]
