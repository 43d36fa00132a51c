"""Licensed data that are not there: told how to get, or a declared stand-in takes their place and every number says so."""

import json

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.errors import DataMissing
from adaptstilts.plan.cell import cell
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.plan.request import Request
from adaptstilts.steps.step import upstream

REAL = ["backbone.name=pocket"]


def config_for(folder, *settings):
    return load_config("xlmr-base", [*REAL, f"data.source={folder}", *settings])


@pytest.fixture
def without_ccg(tmp_path):
    """A folder with the stand-in's English rows and nothing of CCGbank."""
    for split, count in (("train", 8), ("dev", 4), ("test", 4)):
        rows = [{"words": ["a", "cat", "sat"], "tags": ["DET", "NOUN", "VERB"]}] * count
        file = tmp_path / "udpos" / "en" / f"{split}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_the_error_says_how_to_get_it_and_what_may_stand_in(without_ccg):
    with pytest.raises(DataMissing, match=r"LDC2005T13[\s\S]*--allow-standin"):
        adapter_step(ConfigFacts(config_for(without_ccg)), "ccg")


def test_a_standin_takes_its_place_and_is_in_key_and_transfer(without_ccg):
    config = config_for(without_ccg, "data.allow_standin=true")
    step = adapter_step(ConfigFacts(config), "ccg")
    assert step.standin == "udpos" and step.task == "ccg"
    stack = Request("stack", ("ccg", "mnli"), "pawsx")
    chain = list(upstream(step))
    assert chain == [step]
    assert adapter_step(ConfigFacts(config), "ccg").key == step.key
    assert stack.tasks == ("ccg", "mnli")


def test_own_files_win_over_the_standin(without_ccg):
    (without_ccg / "ccg").mkdir()
    for name in ("ccg.train", "ccg.val"):
        (without_ccg / "ccg" / name).write_text("a cat\tNP/N N\n" * 6)
    config = config_for(without_ccg, "data.allow_standin=true")
    step = adapter_step(ConfigFacts(config), "ccg")
    assert step.standin == ""
    assert step.key == adapter_step(ConfigFacts(config_for(without_ccg)), "ccg").key


def test_the_pocket_lab_needs_no_standin():
    plain, allowed = (load_config("pocket", [f"data.allow_standin={flag}"]) for flag in ("false", "true"))
    steps = [cell(config, Request("single", ("ccg",), "udpos"), None).transfer for config in (plain, allowed)]
    assert steps[0].key == steps[1].key and steps[0].standins({}) == {}


def test_every_record_above_says_so(without_ccg, tmp_path_factory):
    from adaptstilts.plan.cell import pending
    from adaptstilts.store.store import Store
    from adaptstilts.work.session import Session
    from adaptstilts.work.step import work
    from adaptstilts.zoo.shelf import shelve
    from adaptstilts.zoo.zoo import Zoo

    root = tmp_path_factory.mktemp("store")
    settings = ["data.allow_standin=true", "intermediate.recipe={steps: 1}", "transfer.tasks={}",
                "transfer.recipe={steps: 1}", "evaluation.attacks=[swap]"]  # fmt: skip
    session = Session(config_for(without_ccg, *settings), Store(root), Zoo(root / "zoo"))
    todo = cell(session.config, Request("single", ("ccg",), "udpos"), None)
    for step in pending(todo.steps, session.store):
        work(step, session)
    for step in todo.steps:
        assert session.store.record(step.key).standins == {"ccg": "udpos"}, step.title
    assert session.store.record(todo.scores[0].key).exposure == "seen", "the stand-in is the target's own data"
    shelve(session.store.adapter(todo.transfer.needs[0].key), session.store, session.zoo)
    shelved = Request("single", ("ccg",), "udpos", seed=1)
    again = cell(session.config, shelved, session.zoo)
    assert not again.transfer.needs, "it comes from the zoo"
    for step in pending(again.steps, session.store):
        work(step, session)
        assert session.store.record(step.key).standins == {"ccg": "udpos"}, step.title
    assert session.store.record(again.scores[0].key).exposure == "seen"
