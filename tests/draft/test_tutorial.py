"""docs/own-data.md, followed by somebody who has nothing else: its commands run as they stand, and leave what it says."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "own-data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
COMMANDS = [line for _, text in BLOCKS for line in text.splitlines() if line.startswith("adaptstilts ")]
TRAINING = ("none", "fuse", "tower", "sweep", "report", "plan", "train")
"""Verbs that take minutes, or an encoder that is made once: what they need is tried in other tests with fewer rows."""


def verb(command):
    words = shlex.split(command)[1:]
    while words[0] == "--include":
        words = words[2:]
    return words[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the page begins with: a pair task in three languages, in columns of its own."""
    home = tmp_path_factory.mktemp("stranger")
    texts = {"en": ("the film was good", "the film was bad"), "de": ("der film war gut", "der film war schlecht")}
    texts["sw"] = ("filamu ilikuwa nzuri", "filamu ilikuwa mbaya")
    for place in ("en/train", "en/test", "de/test", "sw/test"):
        file = home / "data" / "movies" / f"{place}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        good, bad = texts[place[:2]]
        lines = [f"{i},{good} {i},{(good, bad)[i % 2]} {i},{('same', 'other')[i % 2]}" for i in range(40)]
        file.write_text("id,premise,hypothesis,verdict\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return home


def run(command, folder, **env):
    words = [sys.executable, "-m", *shlex.split(command)]
    around = {**os.environ, "PYTHONPATH": str(REPOSITORY), **env}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=250, check=False, env=around)


def test_the_page_has_what_the_issue_asks_for():
    assert {"new", "check", "show", "none", "fuse", "list", "tower", "plan", "sweep"} <= set(map(verb, COMMANDS))
    assert {verb(line) for line in COMMANDS} - set(TRAINING) <= {"new", "check", "show", "list"}


def test_commands_in_order(folder):
    for command in COMMANDS:
        if verb(command) not in TRAINING:
            done = run(command, folder, ADAPTSTILTS_INCLUDE="movies.py" if "mine" in command else "")
            assert done.returncode == 0, (command, done.stderr)
            assert done.stdout.strip() or done.stderr.strip(), command
    assert {"movies.py", "double.py", "tower.py", "mine.yaml"} <= {path.name for path in folder.iterdir()}


def test_its_task_is_trained_and_attacked_by_its_attack_through_its_composition(folder):
    """In small, on the pocket lab's encoder, of which it is said that it knows no human language."""
    included = " ".join(f"--include {name}.py" for name in ("movies", "double", "tower"))
    small = "--limit 6 --set transfer.recipe.steps=2 --attacks swap,double --json"
    done = run(
        f"adaptstilts {included} tower --tasks pocket-mnli,pocket-squad --target movies --data data {small}", folder
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {code for score in found["scores"] for code in score["scores"]} == {"en", "de", "sw"}
    assert "warning: rows of data" in done.stderr and "generated languages only" in done.stderr


def test_rows_come_in_from_python(folder):
    block = next(text for language, text in BLOCKS if language == "python")
    (folder / "reviews.csv").write_text((folder / "data/movies/en/train.csv").read_text())
    words = [sys.executable, "-c", block.replace('"data"', '"elsewhere"')]
    done = subprocess.run(
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stderr
    assert len((folder / "elsewhere/movies/en/train.jsonl").read_text().splitlines()) == 40
