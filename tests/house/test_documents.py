"""The documents are true: their tables come from the registries, their links lead somewhere, CONTRIBUTING's recipes work as written."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from adaptstilts.cli.main import SUMMARIES
from adaptstilts.report.catalogue import renew, tables

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")


PAGES = {
    path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
    for path in [
        *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")),
        *sorted((REPOSITORY / "docs").rglob("*.md")),
    ]
}
"""Documents for readers, by their place in the repository."""


def outside_code(text: str) -> str:
    """Markdown without fenced blocks and inline code."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^( *)```.*?^\1```", "", text, flags=re.DOTALL | re.MULTILINE))


def anchors(text: str) -> set[str]:
    """What a link may name in a page: its headings as forges and MkDocs make ids of them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^( *)```.*?^\1```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


@pytest.mark.parametrize("name", [name for name, text in PAGES.items() if "<!-- table:" in text])
def test_the_tables_are_fresh(name):
    assert renew(PAGES[name]) == PAGES[name], f"stale: run `python -m adaptstilts.report.catalogue {name}`"


def test_every_table_has_its_place():
    placed = [table for text in PAGES.values() for table in re.findall(r"<!-- table: ([\w ]+) -->", text)]
    assert sorted(placed) == sorted(tables())


def test_the_readme_names_every_verb():
    table = README.split("## Verbs")[1].split("\n## ")[0]
    assert [verb for verb in SUMMARIES if not re.search(rf"`{verb}\b", table)] == []


def test_the_readme_is_a_front_page():
    assert len(README.splitlines()) <= 250
    assert max(len(line) for line in outside_code(README).splitlines() if not line.startswith("|")) <= 140


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", outside_code(PAGES[name])):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (REPOSITORY / name).parent / path if path else REPOSITORY / name
        assert file.exists(), f"{name}: {target}"
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), f"{name}: {target}"


def test_every_page_can_be_reached_from_the_readme():
    met, new = set(), {"README.md"}
    while new:
        name = new.pop()
        met.add(name)
        links = re.findall(r"\]\(([^)#\s]+\.md)", outside_code(PAGES[name]))
        found = {
            ((REPOSITORY / name).parent / link).resolve().relative_to(REPOSITORY).as_posix()
            for link in links
            if "://" not in link
        }
        new |= (found & set(PAGES)) - met
    assert set(PAGES) <= met


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
