"""What lists and the tables of docs/ say of the registries."""

import re

import pytest

from adaptstilts.attacks import ATTACKS
from adaptstilts.attacks.apply import applies
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.kinds import KINDS
from adaptstilts.report.catalogue import (
    attacks,
    compositions,
    figures,
    kinds_of,
    languages_of,
    renew,
    settings,
    tables,
    tasks,
)
from adaptstilts.report.figures import FIGURES
from adaptstilts.tasks import TASKS

GROUPS = {
    "combination": {"none", "single", "stack", "fuse", "average", "merge", "parallel"},
    "control": {"random", "copies", "wide"},
    "baseline": {"full", "multitask", "mlm", "sequential"},
}


def test_everything_is_listed_once():
    listed = [row["name"] for role in ("intermediate", "target", "challenge") for row in tasks(role)]
    assert sorted(listed) == TASKS.names()
    assert [row["name"] for row in attacks()] == ATTACKS.names()
    assert [row["name"] for row in compositions()] == COMPOSITIONS.names()
    assert [row["number"] for row in figures()] == list(range(1, len(FIGURES.names()) + 1))


@pytest.mark.parametrize("group", GROUPS)
def test_each_composition_is_in_its_group(group):
    """The groups of issue 4: combinations, controls at matched size, baselines."""
    assert {row["name"] for row in compositions(group)} == GROUPS[group]


def test_challenge_sets_name_heads_that_there_are():
    for row in tasks("challenge"):
        assert row["of"] and set(row["of"].split(", ")) <= set(TASKS.names())


@pytest.mark.parametrize("name", ATTACKS.names())
def test_kinds_are_those_that_the_attack_runs_on(name):
    attack = ATTACKS.get(name)
    code = next(code for code in ("en", "el", "hi") if attack.languages(code))
    assert kinds_of(attack) == [kind.name for kind in KINDS.values() if not applies(attack, kind, code)]


def test_languages_in_words():
    assert languages_of(ATTACKS.get("swap")) == "all"
    assert "Latin" in languages_of(ATTACKS.get("case")).split(", ")
    keyboard = languages_of(ATTACKS.get("keyboard"))
    assert keyboard.startswith("all but ")
    assert not any(ATTACKS.get("keyboard").languages(code) for code in keyboard.removeprefix("all but ").split(", "))


def test_settings_are_told_as_they_are_declared():
    rows = {row["name"]: row for row in settings()}
    assert rows["evaluation.severity"] == {
        "name": "evaluation.severity", "type": "number", "bounds": "in (0, 1]", "default": "0.1",
        "summary": "Target share of letters that change.",
    }  # fmt: skip
    assert (rows["sweep.severities"]["type"], rows["sweep.severities"]["bounds"]) == ("list of numbers", "in (0, 1]")
    assert rows["backbone.init"]["type"] == '"pretrained" or "random"'
    assert rows["transfer"]["type"] == "section"
    assert rows["name"]["default"] == "" and rows["intermediate.rows"]["default"] == "null"


def test_only_what_is_marked_is_renewed():
    text = "before\n<!-- table: controls -->\nstale\n<!-- end -->\nafter\n"
    new = renew(text)
    assert new.startswith("before\n") and new.endswith("<!-- end -->\nafter\n") and "stale" not in new
    assert re.findall(r"^\| `(\w+)`", new, flags=re.MULTILINE) == ["copies", "random", "wide"]
    assert renew(new) == new
    with pytest.raises(KeyError):
        renew("<!-- table: nothing -->\n<!-- end -->")


def test_a_table_is_a_table():
    for table in tables().values():
        assert len({line.count("|") for line in table.splitlines()}) == 1
