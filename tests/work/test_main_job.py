"""The main job in small, through the command line: it ends in a table and a record, is not done twice, survives a kill."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

SMALL = (
    *("--set", "intermediate.tasks={}"),
    *("--set", "transfer.tasks={}"),
    *("--limit", "24", "--train-rows", "24", "--set", "intermediate.rows=24"),
    "--set",
    "transfer.recipe.steps=3",
    "--set",
    "intermediate.recipe.steps=3",
    "--set",
    "evaluation.search_rows=3",
)
JOB = ("fuse", "--tasks", "squad,mnli,hellaswag", "--target", "pawsx", *SMALL)


def start(*words, cwd, **env):
    return subprocess.Popen(
        [sys.executable, "-m", "adaptstilts", *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ADAPTSTILTS_THREADS": "1", **env},
    )


def call(*words, cwd, **env):
    process = start(*words, cwd=cwd, **env)
    out, err = process.communicate(timeout=280)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A store in which the small main job has run once, and what it printed."""
    cwd = tmp_path_factory.mktemp("job")
    code, out, err = call(*JOB, cwd=cwd)
    assert code == 0, err
    return cwd, out, err


def test_it_prints_every_language_and_attack(done):
    _, out, err = done
    assert err.startswith("pocket lab")
    assert "xlmr-base" in err.splitlines()[0]
    for word in (
        "en (trained)",
        "qaa",
        "qaf",
        "mean without en",
        "clean",
        "swap",
        "drop",
        "mix_fields",
        "distract",
        "greedy",
    ):
        assert word in out


def test_the_record_says_what_design_asks(done):
    cwd, *_ = done
    records = [json.loads(path.read_text()) for path in cwd.glob("runs/steps/*/record.json")]
    by_kind = {kind: [r for r in records if r["step"] == kind] for kind in ("adapter", "transfer", "score")}
    assert (len(by_kind["adapter"]), len(by_kind["transfer"]), len(by_kind["score"])) == (3, 1, 6)
    for record in records:
        assert {"schema", "key", "spec", "upstream", "cost", "provenance", "outcome"} <= set(record)
        assert record["cost"]["seconds"] > 0
        assert record["provenance"]["packages"]["adapters"]
    (transfer,) = by_kind["transfer"]
    assert set(transfer["adapters"]) == {"squad", "mnli", "hellaswag"}
    assert 0 < transfer["parts"]["trainable"] < transfer["parts"]["total"]
    clean = next(r for r in by_kind["score"] if r["attack"] is None)
    assert set(clean["scores"]) == {"en", "qaa", "qab", "qac", "qad", "qae", "qaf"}
    for scores in clean["scores"].values():
        assert 0 <= scores["accuracy"] <= 1 and scores["n"] == 24 and scores["chance"] >= 0.5
    greedy = next(r for r in by_kind["score"] if r["attack"] == "greedy")
    for scores in greedy["scores"].values():
        assert scores["accuracy"] <= scores["clean"]
        assert scores["queries"] <= 30
        assert scores["worst_case"] <= scores["accuracy"] + 1e-9


def test_attacked_rows_are_kept(done):
    import pyarrow.parquet as pq

    cwd, *_ = done
    for path in cwd.glob("runs/steps/*/record.json"):
        record = json.loads(path.read_text())
        if record["step"] == "score":
            table = pq.read_table(path.parent / "predictions.parquet")
            assert {"language", "id", "source", "prediction", "score", "margin"} <= set(table.column_names)
            assert {"text", "gold"} <= set(table.column_names)


def test_a_second_run_does_nothing_and_prints_the_same(done):
    cwd, out, _ = done
    stamps = {p: p.stat().st_mtime_ns for p in cwd.glob("runs/steps/*/record.json")}
    code, again, err = call(*JOB, cwd=cwd)
    assert code == 0 and again == out
    assert "(0 steps new)" in err
    assert stamps == {p: p.stat().st_mtime_ns for p in cwd.glob("runs/steps/*/record.json")}


def test_another_attack_alone_is_computed_when_added(done):
    cwd, *_ = done
    code, out, err = call(*JOB, "--attacks", "swap", "--set", "evaluation.severity=0.3", "--json", cwd=cwd)
    assert code == 0 and "score swap" in err
    assert "fuse(" not in err, "the transfer was made again"
    assert [score["attack"] for score in json.loads(out)["scores"]] == [None, "swap"]


def test_quiet_and_json_keep_the_streams_clean(done):
    cwd, *_ = done
    code, out, err = call(*JOB, "--json", "--quiet", cwd=cwd)
    assert (code, err) == (0, "")
    assert json.loads(out)["transfer"]["target"] == "pawsx"


def wait_for(condition, seconds=120):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)


def transfers(cwd):
    return [
        json.loads(p.read_text()) for p in cwd.glob("runs/steps/*/record.json") if '"step": "transfer"' in p.read_text()
    ]


def test_a_killed_run_goes_on_and_ends_the_same(done, tmp_path):
    cwd, out, _ = done
    process = start(*JOB, cwd=tmp_path)
    wait_for(lambda: len(list(tmp_path.glob("runs/steps/*/record.json"))) >= 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finished = {p: p.stat().st_mtime_ns for p in tmp_path.glob("runs/steps/*/record.json")}
    assert len(finished) < len(list(cwd.glob("runs/steps/*/record.json")))
    code, again, err = call(*JOB, cwd=tmp_path)
    assert code == 0, err
    assert again == out
    assert all(p.stat().st_mtime_ns == stamp for p, stamp in finished.items()), "a finished step was done again"


def test_an_interrupt_is_resumable_where_it_was(tmp_path):
    job = (
        "none",
        "--target",
        "pawsx",
        *("--limit", "24", "--train-rows", "24"),
        "--attacks",
        "none",
        "--langs",
        "en",
        "--set",
        "transfer.tasks.pawsx.steps=600",
    )
    process = start(*job, cwd=tmp_path)
    lines = iter(process.stderr.readline, "")
    told = "600 steps of 32 are 800 passes over these rows; --set transfer.recipe.steps=N makes fewer"
    assert any(told in line for line in lines)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 75, err
    assert "Traceback" not in err
    code, _, err = call(*job, cwd=tmp_path)
    assert code == 0, err
    (transfer,) = transfers(tmp_path)
    assert 0 < transfer["training"]["resumed_at"] < 600 == transfer["training"]["steps"]
    assert not list(tmp_path.glob("runs/steps/*/checkpoint"))


def test_a_damaged_record_is_told(done, tmp_path):
    import shutil

    cwd, *_ = done
    shutil.copytree(cwd / "runs", tmp_path / "runs")
    victim = next(p for p in tmp_path.glob("runs/steps/*/record.json") if json.loads(p.read_text())["step"] == "score")
    victim.write_text("{")
    code, _, err = call(*JOB, cwd=tmp_path)
    assert code == 3 and "Remove the folder" in err
    shutil.rmtree(victim.parent)
    assert call(*JOB, cwd=tmp_path)[0] == 0


def test_damaged_zoo_weights_are_refused(tmp_path):
    import shutil

    from adaptstilts.places import shipped

    zoo = tmp_path / "zoo"
    shutil.copytree(shipped("adapter_zoo"), zoo)
    from adaptstilts.errors import CorruptArtefact
    from adaptstilts.zoo.zoo import Zoo

    entry = next(iter(Zoo(zoo)))
    weights = next((zoo / "files" / entry.digest).glob("*.safetensors"))
    blob = bytearray(weights.read_bytes())
    blob[-1] ^= 1
    weights.write_bytes(bytes(blob))
    with pytest.raises(CorruptArtefact, match="damaged"):
        Zoo(zoo).files(entry.digest)
