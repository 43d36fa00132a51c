"""Contract: every declared task trains and scores end to end on the pocket lab, whatever its kind."""

import dataclasses
import shutil

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.kinds import KINDS
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.plan.request import Request
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import Zoo

SMALL = [
    "intermediate.tasks={}",
    "transfer.tasks={}",
    "intermediate.recipe.steps=2",
    "transfer.recipe.steps=2",
    "intermediate.rows=12",
    "transfer.rows=12",
    "evaluation.rows=12",
    "evaluation.search_rows=2",
    "evaluation.budget=8",
    "evaluation.languages=[en, qab, qae]",
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    root = tmp_path_factory.mktemp("store")
    return Session(load_config("pocket", SMALL), Store(root / "runs"), Zoo(root / "zoo"))


@pytest.mark.parametrize("name", [task.name for task in TASKS if task.role == "intermediate"])
def test_an_adapter_trains(session, name):
    step = adapter_step(session.facts, name)
    for one in pending([step], session.store):
        work(one, session)
    record = session.store.record(step.key).plain()
    assert record["training"]["steps"] == 2
    assert record["parts"]["trainable"] == record["parts"]["target_adapter"] + record["parts"]["head"]
    assert 0 <= record["scores"]["en"][TASKS.get(name).metric] <= 1
    assert len(record["adapter"]["digest"]) == 32


@pytest.mark.parametrize("name", [task.name for task in TASKS if task.role == "target"])
def test_a_target_is_scored_clean_and_attacked(session, name):
    todo = cell(session.config, Request("none", (), name), None)
    for step in pending(todo.steps, session.store):
        work(step, session)
    metric = TASKS.get(name).metric
    for step in todo.scores:
        scores = session.store.record(step.key).plain()["scores"]
        assert list(scores) == ["en", "qab", "qae"]
        for found in scores.values():
            if step.attack and "n/a" not in found:
                assert 0 < found["reached"] <= found["n"] == (step.rows or 12)
                assert found["worst_case"] <= min(found["clean"], found[metric]) + 1e-9 or metric == "chunk_f1"
                assert step.attack == "greedy" or found["edit_rate"] > 0


@pytest.mark.parametrize("name", ["pawsx", "xquad", "panx", "xcopa", "tatoeba"])
@pytest.mark.parametrize("search", [False, True], ids=["static", "search"])
def test_an_attack_that_changes_nothing_scores_as_clean(session, name, search, monkeypatch):
    """Attacked rows are held against the clean predictions of the same rows, in the same pool."""
    from adaptstilts.attacks import ATTACKS, Attack, Attacked

    idle = Attack(
        name="idle",
        summary="changes nothing",
        family="search" if search else "static",
        needs=frozenset({"letters"}),
        perturb=None if search else lambda row, scene, rng: Attacked(row, "edited", 0, 0.0),
        search=(lambda rows, scene, victim, budget, rngs: [_asked(row, victim) for row in rows]) if search else None,
    )

    def _asked(row, victim):
        return Attacked(row, "held", 0, 0.0, len(victim.margins([row])))

    ATTACKS.names()
    monkeypatch.setitem(ATTACKS._entries, "idle", idle)
    config = dataclasses.replace(
        session.config,
        evaluation=dataclasses.replace(session.config.evaluation, attacks=("idle",), search_rows=3 + search),
    )
    todo = cell(config, Request("none", (), name), None)
    left = [session.store.folder(step.key) for step in todo.scores[1:]]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    for step in pending(todo.steps, session.store):
        work(step, session)
    for found in session.store.record(todo.scores[1].key).plain()["scores"].values():
        assert found["clean"] == found[TASKS.get(name).metric] == pytest.approx(found["worst_case"])
        assert found["success_rate"] in (0, None)


def test_every_kind_has_a_task():
    assert {task.kind for task in TASKS} == set(KINDS)
