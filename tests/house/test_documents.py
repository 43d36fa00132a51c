"""The documents are true: README's tables come from the registries, CONTRIBUTING's recipes work as written."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from adaptstilts.report.catalogue import renew

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "docs/settings.md"])
def test_the_tables_are_fresh(name):
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert renew(text) == text, f"stale: run `python -m adaptstilts.report.catalogue {name}`"


def test_every_table_has_its_place():
    assert README.count("<!-- table:") == 9
    assert (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8").count("<!-- table:") == 1


def test_the_readme_shows_the_two_commands_and_the_main_job():
    for text in ("make demo", "make test", "adaptstilts fuse --tasks squad,mnli,hellaswag --target pawsx"):
        assert text in README


def recipes() -> dict[str, str]:
    """The files that CONTRIBUTING tells a contributor to write, by name: fenced blocks under `**`name.py`**`."""
    return dict(re.findall(r"\*\*`(\w+\.py)`\*\*\n\n```python\n(.*?)```", CONTRIBUTING, flags=re.DOTALL))


def commands() -> list[str]:
    return re.findall(r"^\$ (adaptstilts .*)$", CONTRIBUTING, flags=re.MULTILINE)


def test_there_is_a_recipe_for_each_noun():
    bound = {
        noun
        for text in recipes().values()
        for noun in re.findall(r"^(task|group|attack|composition) = ", text, flags=re.MULTILINE)
    }
    assert bound == {"task", "group", "attack", "composition"}
    assert len(commands()) >= 3


@pytest.mark.parametrize("command", commands())
def test_contributing_is_followed_literally(command, tmp_path):
    for name, text in recipes().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    words = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    if "--json" in words:
        assert json.loads(done.stdout)
    assert done.stdout.strip()
