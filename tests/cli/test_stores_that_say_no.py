"""Verbs on a store that may only be read, for a user who may not do everything, and where the clock was set back."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from adaptstilts.store.store import Store
from tests.store.filled import record

RUNNER = """\
import contextlib, io, json, sys, time
if sys.argv[1] == "back":  # ten years
    now, time.time = time.time, lambda: now() - 315_576_000
from adaptstilts.cli.main import main
found = []
for words in json.load(sys.stdin):
    sys.argv[1:] = words
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    found.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(found))
"""
"""Verbs one after another in one process: their codes and what they say."""

READING = [
    ["status", "--out", "runs"],
    ["list", "runs", "--out", "runs"],
    ["gc", "--out", "runs", "--finished"],
    ["export", "--records", "ours.tar.gz", "--out", "runs"],
    ["zoo", "verify", "--out", "runs"],
]
WRITING = [
    ["import", "ours.tar.gz", "--out", "runs/deeper"],
    ["preregister", "pocket-k", "--out", "runs"],
    ["gc", "--out", "runs", "--finished", "--yes"],
    ["sweep", "pocket-k", "--limit", "1", "--out", "runs"],
    ["fuse", "--tasks", "mnli,squad", "--target", "pawsx", "--out", "runs"],
]


def run(folder, commands, clock="", before=()):
    words = [*before, sys.executable, "-c", RUNNER, clock or "now"]
    clean = {name: value for name, value in os.environ.items() if name != "ADAPTSTILTS_ZOO"}
    done = subprocess.run(
        words,
        cwd=folder,
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=200,
        env=clean,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def place(tmp_path):
    """A folder with a store of three finished steps in it, one of which has weights."""
    store = Store(tmp_path / "runs")
    for kind in ("adapter", "transfer", "score"):
        made = record(kind)
        with store.claim(made.key) as folder:
            if kind == "transfer":
                (folder / "bundle").mkdir()
                (folder / "bundle" / "bundle.json").write_text("{}")
            store.finish(made.key, made)
    return tmp_path


def tree(root):
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(root.rglob("*"))}


def without_power():
    """What goes before a command of root's so that it may do what others may; nothing for others."""
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and there is no setpriv to forbid it")
    caps = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={caps}", f"--inh-caps={caps}")


def test_a_store_that_may_only_be_read_is_read_and_anything_else_is_told(place):
    before = without_power()
    for path in (place / "runs").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (place / "runs").chmod(0o555)
    whole = tree(place / "runs")
    try:
        found = run(place, READING + WRITING, before=before)
    finally:
        for path in (place / "runs", *(path for path in (place / "runs").rglob("*") if path.is_dir())):
            path.chmod(0o755)
    for words, (code, _, err) in zip(READING + WRITING, found, strict=True):
        assert code == (0 if words in READING else 3), (words, err)
        assert "Traceback" not in err and (words in READING or "cannot write" in err), (words, err)
    assert tree(place / "runs") == whole


def test_a_record_that_may_not_be_read_is_told_and_hides_no_other(place):
    before = without_power()
    (hidden,) = (place / "runs" / "steps").glob(f"{record('score').key}/record.json")
    hidden.chmod(0)
    found = run(place, [["status", "--out", "runs"], ["list", "runs", "--out", "runs"]], before=before)
    assert all("Traceback" not in err for _, _, err in found), found


def test_a_clock_that_was_set_back_changes_nothing(place):
    """Files are then younger than the moment: nothing is taken for old, or waited for."""
    found = run(place, [*READING, ["import", "ours.tar.gz", "--out", "theirs"], ["status", "--out", "theirs"]], "back")
    assert [code for code, _, _ in found] == [0] * len(found), found
    assert {made.key for made in Store(place / "theirs").records()} == {
        made.key for made in Store(place / "runs").records()
    }
