"""The benchmark of launching works through in small, and finds what it measures."""

import json
import runpy
import sys

from tests.conftest import REPOSITORY


def test_a_tiny_run_prints_its_table_and_writes_json(tmp_path, monkeypatch, capsys):
    script = str(REPOSITORY / "benchmarks" / "launching.py")
    monkeypatch.setattr(sys, "argv", [script, "--tiny", "--out", str(tmp_path)])
    runpy.run_path(script, run_name="__main__")
    printed = capsys.readouterr().out
    assert all(f"\n{name} " in printed for name in ("planned", "finished", "overhead"))
    found = json.loads((tmp_path / "launching.json").read_text())
    assert found["overhead"]["steps"] == 4 and found["planned"]["steps"] == 50
    assert found["finished"]["steps"] > 500 and found["finished"]["seconds"][0] > 0
