"""The benchmarks of the verdict work through when small, print their tables and write their JSON."""

import json
import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def run(name, words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *words])
    try:
        runpy.run_path(str(BENCHMARKS / f"{name}.py"), run_name="__main__")
    except SystemExit as left:
        assert not left.code
    return capsys.readouterr().out


def test_intervals_prints_rates_of_each_setting(monkeypatch, capsys, tmp_path):
    words = ["--sims", "20", "--orderings", "3", "--heads", "3", "--out", str(tmp_path)]
    printed = run("intervals", words, monkeypatch, capsys)
    told = json.loads((tmp_path / "intervals.json").read_text())
    assert set(told["rates"]) == set(told["settings"]) and all(name in printed for name in told["rates"])


def test_calibration_prints_the_verdicts_of_each_world_and_design(monkeypatch, capsys, tmp_path):
    worlds, designs = ["nothing happens", "heads with two orderings"], ["pocket-k", "low-compute"]
    words = ["--sims", "5", "--worlds", ";".join(worlds), "--designs", ",".join(designs), "--out", str(tmp_path)]
    printed = run("calibration", words, monkeypatch, capsys)
    told = json.loads((tmp_path / "calibration.json").read_text())["rates"]
    assert set(told) == set(designs) and all(name in printed for name in (*worlds, *designs))
    kinds = ("exacerbates", "accuracy", "mitigates", "shrinks", "none", "inconclusive")
    for rates in (rates for design in told.values() for rates in design.values()):
        assert sum(rates[kind] for kind in kinds) == pytest.approx(1.0)


def test_reporting_counts_what_it_read(monkeypatch, capsys, tmp_path):
    words = ["--orderings", "2", "--store", str(tmp_path / "store"), "--out", str(tmp_path)]
    printed = run("reporting", words, monkeypatch, capsys)
    told = json.loads((tmp_path / "reporting.json").read_text())
    assert told["records"] > 1000 and told["rows of the table of cells"] > told["records"] and "goal: 20 s" in printed
    assert told["seconds, all"] > told["seconds, reading"] > 0
