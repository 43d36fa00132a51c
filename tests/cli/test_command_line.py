"""The command line as a user meets it: instant help, clear errors with the right exit code, data on stdout and talk on stderr."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest


def call(*words, cwd=None, **env):
    return subprocess.run(
        [sys.executable, "-m", "adaptstilts", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **env},
        timeout=120,
    )


@pytest.mark.parametrize(
    "verb",
    [
        (),
        *((verb,) for verb in ("fuse", "none", "merge", "random", "full", "attack", "replay", "train", "list", "show")),
        ("check",),
        ("pin",),
        ("export",),
        ("pocket",),
        ("zoo",),
        ("zoo", "verify"),
        ("zoo", "rm"),
        ("zoo", "add"),
        ("doctor",),
    ],
)
def test_help_answers(verb):
    done = call(*verb, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout


PROBE = """
import sys
sys.argv = ["adaptstilts", *{words!r}]
from adaptstilts.cli.main import main
try:
    main()
except SystemExit:
    pass
print(sorted({{"torch", "transformers", "datasets", "adapters", "pyarrow", "pydantic"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "words", [["--help"], ["fuse", "--help"], ["list", "targets"], ["list", "adapters"], ["zoo", "list"]], ids=" ".join
)
def test_help_and_list_load_nothing_heavy(words):
    """The index of a zoo is held to its type when it is read, which takes pydantic and nothing more."""
    done = subprocess.run([sys.executable, "-c", PROBE.format(words=words)], capture_output=True, text=True, check=True)
    checks = ["pydantic"] if words[-1] in ("adapters", "list") else []
    assert done.stdout.strip().splitlines()[-1] == str(checks)


@pytest.mark.parametrize("noun", ["tasks", "targets", "attacks", "compositions", "adapters", "configs"])
def test_lists_answer_in_text_and_json(noun):
    assert call("list", noun).stdout.strip()
    rows = json.loads(call("list", noun, "--json").stdout)
    assert rows and all(row["name"] for row in rows)


def test_list_runs_of_an_empty_store(tmp_path):
    done = call("list", "runs", "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


FULL = Path("/dev/full")
BAD = [
    (("fuze",), "did you mean fuse"),
    (("fuse", "--tasks", "squadd,mnli", "--target", "pawsx"), "did you mean squad"),
    (("fuse", "--tasks", "squad,mnli", "--target", "pwasx"), "did you mean pawsx"),
    (("fuse", "--tasks", "squad,squad", "--target", "pawsx"), "named twice"),
    (("none", "--tasks", "squad", "--target", "pawsx"), "No such option"),
    (("single", "--tasks", "squad,mnli", "--target", "pawsx"), "takes 1 task"),
    (("fuse", "--tasks", "squad", "--target", "pawsx", "-c", "poket"), "did you mean pocket"),
    (
        ("fuse", "--tasks", "squad", "--target", "pawsx", "--set", "adapter.reducton=2", "--set", "limit.max=3"),
        "2 problems",
    ),
    (("fuse", "--tasks", "squad", "--target", "pawsx", "--langs", "en,xx"), "'xx'"),
    (("fuse", "--tasks", "squad", "--target", "pawsx", "--attacks", "swop"), "did you mean swap"),
    (("fuse", "--tasks", "squad", "--target", "pawsx", "--set", "backbone=no/such/folder/at/all"), "no/such/folder"),
    (("fuse", "--tasks", "squad"), "--target"),
    (("list", "taks"), "did you mean tasks"),
    (("show", "swp"), "did you mean swap"),
    (("check", "sqad"), "did you mean squad"),
    (("pocket", "sample", "--task", "sqad"), "did you mean squad"),
    (("--include", "no/such/file.py", "list", "tasks"), "does not exist"),
]


@pytest.mark.parametrize(("words", "told"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_told_and_ends_with_2(words, told, tmp_path):
    done = call(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert not list(tmp_path.glob("runs/steps/*/record.json"))


def test_a_file_here_that_was_not_let_in_is_named(tmp_path):
    (tmp_path / "facts.py").write_text("")
    done = call("check", "facts", cwd=tmp_path)
    assert done.returncode == 2 and "adaptstilts --include facts.py …" in done.stderr
    assert "--include" not in call("check", "sqad", cwd=tmp_path).stderr


def test_what_is_typed_is_let_in_beside_what_the_environment_says(tmp_path):
    for noun, name in (("attack", "double"), ("composition", "tower")):
        assert not call("new", noun, name, cwd=tmp_path).returncode
    for kept in ("tower.py", f"tower.py{os.pathsep}./double.py"):
        done = call("--include", "double.py", "show", "tower", cwd=tmp_path, ADAPTSTILTS_INCLUDE=kept)
        assert not done.returncode and "tower" in done.stdout, done.stderr
    shown = call("--include", "double.py", "show", "double", cwd=tmp_path, ADAPTSTILTS_INCLUDE="tower.py")
    assert not shown.returncode, shown.stderr


def test_an_unwritable_store_ends_with_3(tmp_path):
    (tmp_path / "taken").write_text("")
    done = call("none", "--target", "pawsx", "--out", str(tmp_path / "taken"), "--limit", "8")
    assert done.returncode == 3, done.stderr
    assert "--out" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_ends_with_3(tmp_path):
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "adaptstilts", "list", "tasks"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_samples_are_parallel_and_deterministic():
    first, second = (json.loads(call("pocket", "sample", "-n", "2", "--json").stdout) for _ in range(2))
    assert first == second
    assert len({line["language"] for line in first}) >= 7
    assert len(first) == 2 * len({line["language"] for line in first})


def test_show_marks_what_an_attack_changed():
    done = call("show", "swap", "--text", "a perfectly ordinary sentence", "--lang", "en")
    assert done.returncode == 0, done.stderr
    before, after, edits = done.stdout.strip().splitlines()
    assert before.startswith("before") and after.startswith("after") and before[6:] != after[6:]
    assert "→" in edits


def test_check_passes_on_the_pocket_lab():
    done = call("check", "pawsx", "--langs", "en,qaa", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [split["rows"] > 0 and split["bad"] == 0 for split in report["splits"]] == [True] * 5


def test_show_a_task_shows_rows():
    done = call("show", "pawsx", "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["kind"] == "pair" and len(shown["rows"]) == 21


def test_help_is_instant():
    """Not a benchmark: twenty times the measured 60 ms, so that only a heavy import trips it."""
    call("--help")
    began = time.monotonic()
    call("--help")
    assert time.monotonic() - began < 1.5
