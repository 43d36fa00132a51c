"""Every benchmark of the models starts, and works through on a tiny model."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
CASES = {  # arguments, the JSON file, what the table names, how many goals there are
    "fusion": (["--no-memory"], "fusion.json", ("plain", "ours 2", "adapters 2"), 4),
    "epoch": (["--data", "nowhere"], "epoch_mnli_single.json", ("default", "grouped", "ours"), 2),
    "full_vs_adapter": ([], "full_vs_adapter.json", ("full", "adapter", "fusion k=9"), 2),
}


def run(name, *options):
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_tiny_run_prints_its_table_and_writes_json(name, tmp_path):
    options, file, arms, goals = CASES[name]
    done = run(name, "--tiny", "--out", str(tmp_path), *options)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert all(any(line.startswith(f"{arm} ") for line in lines) for arm in arms)
    assert "torch" in done.stdout and "threads 1" in done.stdout
    found = json.loads((tmp_path / file).read_text())
    assert found["setting"]["size"] == "tiny" and len(found["goals"]) == goals
    times = found["seconds"] if name != "fusion" else found["seconds"]["train"]
    assert all(second > 0 for seconds in times.values() for second in seconds)


@pytest.mark.parametrize("name", sorted(CASES))
def test_help_shows_how_to_run_it(name):
    done = run(name, "--help")
    assert done.returncode == 0 and f"benchmarks/{name}.py" in done.stdout, done.stderr
