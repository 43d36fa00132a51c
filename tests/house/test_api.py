"""The Python interface: four names at the top, imported when they are used."""

import subprocess
import sys
from pathlib import Path

import pytest

import adaptstilts
import adaptstilts.launch
from adaptstilts.data import own
from adaptstilts.plan.sweeps import expansion
from adaptstilts.store import store


def test_the_names_are_those_of_the_rooms(monkeypatch):
    assert adaptstilts.expand is expansion.expand and adaptstilts.load_records is store.load_records
    assert adaptstilts.put_rows is own.put_rows
    monkeypatch.setattr(adaptstilts.launch, "run", "the launch room's", raising=False)
    assert adaptstilts.run == "the launch room's"
    assert {"expand", "run", "load_records"} <= set(dir(adaptstilts)) and set(adaptstilts.__all__) <= set(
        dir(adaptstilts)
    )


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'expend'"):
        adaptstilts.expend  # noqa: B018


def test_importing_the_package_imports_nothing_else():
    code = "import sys, adaptstilts\nprint(sorted(m for m in sys.modules if m.startswith('adaptstilts.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_load_records_of_an_empty_store(tmp_path):
    assert adaptstilts.load_records(tmp_path) == []


def test_a_report_from_python_is_three_names_in_three_rooms():
    from adaptstilts.report.frame import read_frame
    from adaptstilts.report.verdict import verdict
    from adaptstilts.report.wording import text

    named = {read_frame: "read_frame", verdict: "verdict", text: "text"}
    assert all(callable(found) and found.__name__ == name for found, name in named.items())
    told = (Path(__file__).resolve().parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    for room in ("frame", "verdict", "wording"):
        assert f"`adaptstilts.report.{room}`" in told
