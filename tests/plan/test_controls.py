"""A control is one file: what CONTRIBUTING shows is planned as a cell and beside a sweep's trajectories, and nothing else knows of it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from adaptstilts.compositions import COMPOSITIONS, UNTRAINED, Fused
from adaptstilts.config.load import load_config
from adaptstilts.errors import InputError
from adaptstilts.plan.cell import cell
from adaptstilts.plan.request import Request
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.zoo.zoo import shipped_zoo

CONTRIBUTING = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def padded(monkeypatch):
    """The control of CONTRIBUTING among the compositions."""
    bound = {}
    exec(re.search(r"\*\*`padded\.py`\*\*\n\n```python\n(.*?)```", CONTRIBUTING, re.DOTALL)[1], bound)  # noqa: S102
    COMPOSITIONS.names()
    monkeypatch.setitem(COMPOSITIONS._entries, "padded", bound["composition"])
    return bound["composition"]


def planned(tasks=("mnli",), **more):
    return cell(load_config("pocket"), Request("padded", tasks, "pawsx", **more), shipped_zoo()).transfer


def test_its_members_are_what_its_file_says(padded):
    assert padded.group == "control" and padded.sized
    found = planned(times=3)
    assert found.members == ("mnli", "random-1", "random-2")
    assert [adapter.task for adapter in found.adapters] == ["mnli"]
    assert padded.block(found.members, target_adapter=False) == Fused(found.members)
    assert planned(times=1).names == (), "one member that goes by its task's name is spelt in no key"


def test_a_sweep_trains_it_at_each_k(padded):
    settings = ["sweep.controls.compositions=[padded]", "sweep.controls.k=[2, 4]", "sweep.controls.orderings=1"]
    cells = [found for found in expand("pocket-k", settings).cells if found.composition == "padded"]
    assert {(found.role, found.k, len(found.transfer.members)) for found in cells} == {
        ("control", 2, 2),
        ("control", 4, 4),
    }


def test_an_adapter_as_it_is_cannot_be_its_task(padded):
    entry = next(iter(shipped_zoo()))
    with pytest.raises(InputError, match="trained already"):
        planned((entry.name,), taken={entry.name: entry})


def test_untrained_members_come_last(padded, monkeypatch):
    turned = replace(
        padded, members=lambda workshop, tasks, times: {"none": UNTRAINED, "mnli": workshop.adapter("mnli")}
    )
    monkeypatch.setitem(COMPOSITIONS._entries, "padded", turned)
    with pytest.raises(InputError, match="an untrained member before a trained one"):
        planned()
