"""Every benchmark of the models says how it is run, and works through on a tiny model."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
CASES = {  # arguments, the JSON file, what the table names, how many goals there are
    "architectures": (["--only", "roberta,xmod"], "architectures.json", ("roberta", "xmod"), 4),
    "fusion": (["--no-memory"], "fusion.json", ("plain", "ours 2", "adapters 2"), 4),
    "epoch": (["--data", "nowhere"], "epoch_mnli_single.json", ("default", "grouped", "ours"), 2),
    "full_vs_adapter": (["--no-memory"], "full_vs_adapter.json", ("full", "adapter", "fusion k=9"), 1),
}
APART = ("epoch",)
"""`Trainer` leaves settings of `accelerate` behind in its process."""


@pytest.fixture
def run(monkeypatch, capsys):
    def call(name, *options, apart=False):
        script = str(BENCHMARKS / f"{name}.py")
        if apart:
            command = [sys.executable, script, *options]
            return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True).stdout
        monkeypatch.syspath_prepend(str(BENCHMARKS))
        monkeypatch.setenv("TRANSFORMERS_VERBOSITY", "error")
        monkeypatch.setattr(sys, "argv", [script, *options])
        runpy.run_path(script, run_name="__main__")
        return capsys.readouterr().out

    return call


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_tiny_run_prints_its_table_and_writes_json(name, run, tmp_path):
    options, file, arms, goals = CASES[name]
    printed = run(name, "--tiny", "--out", str(tmp_path), *options, apart=name in APART)
    assert all(any(line.startswith(f"{arm} ") for line in printed.splitlines()) for arm in arms)
    assert "torch" in printed and "threads 1" in printed
    found = json.loads((tmp_path / file).read_text())
    assert found["setting"]["size"] == "tiny" and len(found["goals"]) == goals
    times = found["seconds"]["train"] if name == "fusion" else found["seconds"]
    assert all(second > 0 for seconds in times.values() for second in seconds)


@pytest.mark.parametrize("name", sorted(CASES))
def test_help_shows_how_to_run_it(name, run, capsys):
    with pytest.raises(SystemExit) as left:
        run(name, "--help")
    assert left.value.code == 0 and f"benchmarks/{name}.py" in capsys.readouterr().out


def test_memory_is_measured_in_a_process_of_its_own(run, tmp_path):
    how = {
        "device": "cpu",
        "dtype": "fp32",
        "size": "tiny",
        "layers": 2,
        "rows": 2,
        "length": 8,
        "repeats": 1,
        "threads": 1,
    }
    held = json.loads(run("full_vs_adapter", "--peak", "adapter", "--setting", json.dumps(how), apart=True))
    assert held["model"] >= 0 and held["added"] >= 0 and sum(held.values()) > 0


def test_planning_counts_a_sweep_and_writes_json(run, tmp_path):
    printed = run("planning", "--config", "pocket-k", "--repeats", "1", "--out", str(tmp_path))
    assert "pocket-k" in printed and "10,000 steps: " in printed
    (found,) = json.loads((tmp_path / "planning.json").read_text())["runs"]
    assert found["steps"] > found["cells"] > 100 and found["plan"] > 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="a shell script")
def test_the_script_for_a_gpu_works_through_in_miniature(tmp_path):
    """Every part of it that a GPU would be asked, on a CPU."""
    told = {**os.environ, "PYTHON": sys.executable}
    command = ["bash", str(BENCHMARKS / "gpu.sh"), "--tiny", str(tmp_path)]
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    for part in ("fusion", "full_vs_adapter", "epoch", "attacks", "cell"):
        assert f"== {part}: " in done.stdout and (tmp_path / f"{part}.txt").stat().st_size
    assert {path.name for path in tmp_path.glob("*.json")} == {
        "fusion.json",
        "full_vs_adapter.json",
        "epoch_mnli_single.json",
    }
    assert "queries/s" in done.stdout and list((tmp_path / "cell" / "steps").glob("*/predictions.parquet"))
    assert "failed" not in done.stdout
