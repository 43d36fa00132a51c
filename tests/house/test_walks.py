"""The ways through the house that CONTRIBUTING tells of: every function is there, and whoever is said to call it names it."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^(?P<number>\d+)\. (?:\[(?P<caller>\d+)\] )?`(?P<file>[\w/]+\.py): (?P<function>[\w.]+)`(?: as `(?P<called>\w+)`)? \w",
    flags=re.MULTILINE,
)


def walks() -> dict[str, list[re.Match[str]]]:
    """The numbered steps of each walk, by its heading."""
    told = CONTRIBUTING.split("## Three ways through the house")[1].split("\n## ")[0]
    return {
        heading: list(STEP.finditer(text))
        for heading, text in re.findall(r"### (.*?)\n(.*?)(?=\n### |\Z)", told, re.DOTALL)
    }


def named_in(step: re.Match[str]) -> set[str]:
    """The names that a function or method speaks of in its code; AssertionError if it is not there."""
    text = (REPOSITORY / "adaptstilts" / step["file"]).read_text(encoding="utf-8")
    found: ast.AST = ast.parse(text)
    for name in step["function"].split("."):
        inside = {node.name: node for node in found.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        assert name in inside, f"{step['file']} has no {step['function']}"
        found = inside[name]
    nodes = list(ast.walk(found))
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {n.attr for n in nodes if isinstance(n, ast.Attribute)}


def test_there_are_three_of_at_most_twenty_functions():
    found = walks()
    assert len(found) == 3
    for heading, steps in found.items():
        assert [int(step["number"]) for step in steps] == list(range(1, len(steps) + 1)), heading
        assert 10 < len(steps) <= 20
    told = CONTRIBUTING.split("## Three ways through the house")[1].split("\n## ")[0]
    assert len(re.findall(r"^\d+\. ", told, re.MULTILINE)) == sum(map(len, found.values())), "a step that does not read"


@pytest.mark.parametrize("heading", walks())
def test_each_function_is_named_by_the_one_that_calls_it(heading):
    steps = walks()[heading]
    open_calls = [steps[0]]  # from the walk's beginning to the function that was entered last
    for step in steps[1:]:
        caller = steps[int(step["caller"]) - 1] if step["caller"] else open_calls[-1]
        assert caller in open_calls, f"{step[0]}: that call is over"
        name = step["called"] or step["function"].split(".")[-1]
        assert name in named_in(caller), f"{caller['function']} does not name {name}"
        open_calls = [*open_calls[: open_calls.index(caller) + 1], step]
    named_in(steps[-1])
