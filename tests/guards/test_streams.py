"""Standard streams: a closed reader ends quietly, the work goes on, and the exit code is the work's. Shells close and fill them here."""

import subprocess
import sys
from pathlib import Path

import pytest

from adaptstilts.store.store import Store

RUN = f"{sys.executable} -m adaptstilts"
FULL = Path("/dev/full").exists()
GOOD, BAD = "list tasks", "list taskz"


def shell(line, cwd):
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=cwd, timeout=300)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(("words", "code"), [(GOOD, 0), (BAD, 2)])
def test_a_closed_stream_changes_no_exit_code(tmp_path, words, code, closed):
    assert shell(f"{RUN} {words} {closed}", tmp_path).returncode == code


@pytest.mark.parametrize(
    ("words", "code"),
    [("show pawsx", 0), (GOOD, 0), (f"{GOOD} --json", 0), ("pocket sample -n 2000", 0), ("pocket sample -n 2000 --json", 0), (BAD, 2),
     ("--help", 0)],
)  # fmt: skip
def test_a_reader_that_leaves_changes_no_exit_code(tmp_path, words, code):
    done = shell(f"{RUN} {words} | head -c 1 >&2; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert done.returncode == code


@pytest.mark.skipif(not FULL, reason="this system has no /dev/full")
@pytest.mark.parametrize(("words", "code"), [(GOOD, 0), (BAD, 2), ("list", 2), ("gc --out nowhere", 2)])
def test_talk_that_nobody_takes_changes_no_exit_code(tmp_path, words, code):
    assert shell(f"{RUN} {words} 2>/dev/full", tmp_path).returncode == code


@pytest.mark.skipif(not FULL, reason="this system has no /dev/full")
def test_results_that_cannot_be_written_are_told(tmp_path):
    done = shell(f"{RUN} {GOOD} >/dev/full", tmp_path)
    assert done.returncode == 3 and "space" in done.stderr


def test_work_goes_on_when_its_reader_leaves(tmp_path):
    words = (
        "none --target pawsx --limit 8 --attacks swap --set transfer.recipe.steps=2 --set transfer.tasks.pawsx.steps=2"
    )
    done = shell(f"{RUN} {words} 2>&1 | head -c 1 >&2; exit ${{PIPESTATUS[0]}}", tmp_path)
    store = Store(tmp_path / "runs")
    assert done.returncode == 0 and sorted(record.step for record in store.records()) == ["score", "score", "transfer"]
