"""Pins: what branches mean is asked of a loopback Hub, written to a lock file, and obeyed by loading, keys and the backbone."""

import dataclasses
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adaptstilts.data.files.folder import sources_for
from adaptstilts.data.hub import pins
from adaptstilts.data.identity import identity
from adaptstilts.data.sources import source_of
from adaptstilts.errors import InputError
from adaptstilts.models.door.identity import identity as backbone_identity
from adaptstilts.settings import BackboneSettings
from adaptstilts.tasks import TASKS, Source
from tests.loopback import Client, LoopbackHub, Repository
from tests.loopback.client import Failed

WIKIANN = "unimelb-nlp/wikiann"


@pytest.fixture
def lock(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(pins.VARIABLE, raising=False)
    return tmp_path / pins.NAME


def write(path, *found):
    return pins.write_lock(path, [pins.Pin(*pin) for pin in found])


A, B, C = "a" * 40, "b" * 40, "c" * 40


def panx():
    return dataclasses.replace(TASKS.get("panx"), test=(Source(WIKIANN, "{language}", "test"),))


def test_without_a_lock_file_nothing_is_pinned(lock):
    assert pins.pinned("dataset", "x/y", "main") == "main"


def test_sources_keys_and_the_backbone_obey_the_lock_file(lock):
    settings = BackboneSettings("FacebookAI/xlm-roberta-base")
    before = identity(panx(), source_of("hub"), "test", ["de"]), backbone_identity(settings)
    write(lock, ("dataset", WIKIANN, "main", A), ("model", "FacebookAI/xlm-roberta-base", "main", B))
    assert [s.revision for s in sources_for(panx(), "test", "de")] == [A]
    assert identity(panx(), source_of("hub"), "test", ["de"]) == {"hub": [[WIKIANN, "de", "test", A]]}
    assert backbone_identity(settings) == {"hub": "FacebookAI/xlm-roberta-base", "revision": B, "encoding": 2}
    assert before == (
        {"hub": [[WIKIANN, "de", "test", "main"]]},
        {"hub": settings.name, "revision": "main", "encoding": 2},
    )


def test_kinds_and_revisions_do_not_mix(lock):
    write(lock, ("dataset", "x/y", "main", A), ("dataset", "x/y", "refs/convert/parquet", B))
    assert pins.pinned("dataset", "x/y", "refs/convert/parquet") == B
    assert pins.pinned("model", "x/y", "main") == "main"
    assert pins.pinned("dataset", "x/y", C) == C, "a declared hash is never overridden"


def test_entries_of_others_are_kept_and_the_file_is_sorted(lock):
    write(lock, ("model", "z/m", "main", A), ("dataset", "x/y", "main", A))
    write(lock, ("dataset", "a/b", "main", B), ("dataset", "x/y", "main", C))
    found = json.loads(lock.read_text())
    assert found == {
        "schema": 1,
        "dataset": {"a/b": {"main": B}, "x/y": {"main": C}},
        "model": {"z/m": {"main": A}},
    }
    assert lock.read_text() == json.dumps(found, indent=1, sort_keys=True) + "\n"
    assert [path.name for path in lock.parent.iterdir()] == [lock.name], "nothing is left beside it"


def test_a_changed_lock_file_is_read_again(lock):
    for commit in (A, B, C):
        write(lock, ("dataset", "x/y", "main", commit))
        assert pins.pinned("dataset", "x/y", "main") == commit


def test_the_environment_names_another_file(lock, monkeypatch):
    other = lock.parent / "elsewhere" / "pins.json"
    write(lock, ("dataset", "x/y", "main", A))
    write(other, ("dataset", "x/y", "main", B))
    monkeypatch.setenv(pins.VARIABLE, str(other))
    assert pins.pinned("dataset", "x/y", "main") == B
    other.unlink()
    with pytest.raises(InputError, match=r"(?s)pins\.json.*no such lock file.*ADAPTSTILTS_LOCK"):
        pins.pinned("dataset", "x/y", "main")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"schema": 2}',
        '{"schema": 1, "dataset": []}',
        '{"schema": 1, "dataset": {"x/y": 3}}',
        '{"schema": 1, "dataset": {"x/y": {"main": "v1.0"}}}',
        '{"schema": 1, "model": {"x/y": {"main": null}}}',
    ],
)
def test_a_file_that_is_no_lock_file_is_told(lock, text):
    lock.write_text(text)
    with pytest.raises(InputError, match=r"(?s)adaptstilts\.lock\.json.*adaptstilts pin"):
        pins.pinned("dataset", "x/y", "main")


def test_what_is_to_be_pinned():
    wanted = pins.sources_of([panx(), TASKS.get("xnli")])
    assert [pin for pin in wanted if pin.id == "facebook/xnli"] == [], "declared with a hash"
    assert pins.Pin("dataset", WIKIANN, "main") in wanted
    every = pins.sources_of(TASKS, hashes=True)
    assert len(every) == len(set(every)) > len(pins.sources_of(TASKS))


def parquet(words):
    table = pa.table({"tokens": [words], "ner_tags": [[0] * len(words)]})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def cli(*words):
    """In the other process: a command line's output, and the code it ends with."""
    from contextlib import redirect_stderr, redirect_stdout

    from adaptstilts.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    import sys

    sys.argv = ["adaptstilts", *words]
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as left:
            return left.code, out.getvalue(), err.getvalue()
    return None


def first_words(language):
    from adaptstilts.data.load import load

    loaded = load(panx(), "test", language, source_of("hub"))
    return loaded.rows[0].words, loaded.origin


@pytest.fixture(scope="module")
def served():
    data, model = Repository("dataset", WIKIANN), Repository("model", "FacebookAI/xlm-roberta-base")
    first = data.commit({"de/test-00000-of-00001.parquet": parquet(["alt"])})
    model.commit({"config.json": b"{}"})
    with LoopbackHub(data, model) as hub:
        yield hub, data, model, first


OPTIONS = ("--config", "xlmr-base", "--json")


def test_a_pinned_run_reads_the_pinned_commit(served, tmp_path):
    hub, data, model, first = served
    with Client(hub.address, tmp_path) as client:
        code, out, err = client(cli, "pin", "panx", *OPTIONS)
        found = json.loads(out)
        assert f"{WIKIANN}@main" in err.splitlines()
        assert code == 0 and found["gone"] == []
        lines = {(p["type"], p["id"]): (p["commit"], p["state"]) for p in found["pins"]}
        assert lines["dataset", WIKIANN] == (first, "new")
        assert lines["model", model.id] == (model.refs["main"], "new")
        second = data.commit({"de/test-00000-of-00001.parquet": parquet(["neu"])})
        assert client(first_words, "de") == (("alt",), {"hub": [[WIKIANN, "de", "test", first]]})
        code, out, _ = client(cli, "pin", "panx", *OPTIONS)
        (line,) = (p for p in json.loads(out)["pins"] if p["id"] == WIKIANN)
        assert (line["commit"], line["state"]) == (second, f"was {first[:12]}")
        assert client(first_words, "de") == (("neu",), {"hub": [[WIKIANN, "de", "test", second]]})
        code, out, _ = client(cli, "pin", "panx", "--lock", "other.json", *OPTIONS)
        assert json.loads(out)["lock"] == "other.json"
        assert (tmp_path / "other.json").read_text() == (tmp_path / pins.NAME).read_text()
    written = (tmp_path / pins.NAME).read_bytes()
    with Client(hub.address, tmp_path, offline=True) as offline:
        assert offline(first_words, "de")[0] == ("neu",)
        code, out, err = offline(cli, "pin", "panx", *OPTIONS)
        assert (code, out) == (3, "") and "HF_HUB_OFFLINE" in err
    assert (tmp_path / pins.NAME).read_bytes() == written


def test_a_repository_that_is_gone_and_a_hub_that_does_not_answer(served, tmp_path):
    hub, data, model, _ = served
    with Client(hub.address, tmp_path) as client:
        missing = next(pin for pin in pins.sources_of(TASKS, hashes=True) if pin.id != WIKIANN)
        task = next(t for t in TASKS if missing.id in {s.id for s in (*t.train, *t.dev, *t.test)})
        code, out, err = client(cli, "pin", "panx", task.name, "--all", *OPTIONS)
        assert code == 2 and missing.id in err and "no such repository" in err
        assert {pin["id"] for pin in json.loads(out)["pins"]} >= {data.id, model.id}
        assert pins.read_lock(tmp_path / pins.NAME)[pins.Pin("dataset", WIKIANN, "main")] == data.refs["main"]
        written = (tmp_path / pins.NAME).read_bytes()
        hub.fault("/api/*", status=503, times=100)
        code, out, err = client(cli, "pin", "panx", *OPTIONS)
        hub.reset()
        assert (code, out) == (3, "") and "503" in err and WIKIANN in err
        (tmp_path / pins.NAME).write_text("no lock file")
        assert client(cli, "pin", "panx", *OPTIONS)[0] == 2
        with pytest.raises(Failed, match="lock file"):
            client(first_words, "de")
        (tmp_path / pins.NAME).write_bytes(written)


def test_pin_says_how_to_use_it(tmp_path):
    with LoopbackHub() as hub, Client(hub.address, tmp_path) as client:
        code, out, _ = client(cli, "pin", "--help")
    assert code == 0 and "Example: adaptstilts pin" in out and "--lock" in out
