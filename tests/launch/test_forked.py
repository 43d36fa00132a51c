"""One store under many processes, and under processes that are killed: each step once, and the same records in the end."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from adaptstilts.store.store import Store
from tests.conftest import REPOSITORY
from tests.launch import tiny

STEPS = tiny.steps(tiny.config())


def forking(*words):
    command = [sys.executable, "-m", "tests.launch.forking", *map(str, words)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["found"]


def worked(root):
    """How often the real work of each step was begun, by key, and by which processes."""
    lines = [line.split() for line in Path(root).with_suffix(".worked").read_text().splitlines()]
    return Counter(key for key, _ in lines), {process for _, process in lines}


def lasting(record):
    """A record without what it took and when: cost, and the seconds and memory of its training."""
    training = {
        k: v for k, v in record.get("training", {}).items() if k not in ("seconds", "tokens_per_second", "peak_memory")
    }
    return {**{k: v for k, v in record.items() if k != "cost"}, "training": training}


def artefacts(root, key):
    """The weights' bytes and the predictions of a step."""
    folder = Path(root) / "steps" / key
    weights = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.safetensors")}
    tables = {p.name: pq.read_table(p).to_pylist() for p in folder.glob("*.parquet")}
    return weights, tables


def test_eight_processes_on_one_store_do_each_step_once(tmp_path):
    root = tmp_path / "runs"
    assert forking("crowd", root, 8) == [0] * 8
    counts, processes = worked(root)
    assert counts == Counter(step.key for step in STEPS)
    assert len(processes) > 1, "one process did it all"
    assert {record.key for record in Store(root).records()} == {step.key for step in STEPS}


@pytest.mark.timeout(290)
def test_a_hundred_kills_end_in_the_records_of_an_unkilled_run(tmp_path):
    """Half a minute: each kill comes at a random moment of the sweep, 0.25 s into an attempt on the average."""
    found = forking("kills", tmp_path, 100, 20261128)
    assert found["kills"] == 100
    whole = {record.key: lasting(record.plain()) for record in Store(Path(found["whole"])).records()}
    assert set(whole) == {step.key for step in STEPS}
    again = 0
    for root in found["stores"]:
        assert {record.key: lasting(record.plain()) for record in Store(Path(root)).records()} == whole
        for key in whole:
            assert artefacts(root, key) == artefacts(found["whole"], key)
        assert not list(Path(root).glob("steps/*/.*")) and not list(Path(root).glob("steps/*/error.txt"))
        again += sum(worked(root)[0].values()) - len(STEPS)
    assert again > 10, "hardly a kill hit a step at work"
