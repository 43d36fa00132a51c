"""Keys: everything that decides a number moves the key of the step it decides, and nothing else does."""

import dataclasses
import json

import pytest

from adaptstilts.attacks import ATTACKS
from adaptstilts.config.load import load_config
from adaptstilts.errors import NotApplicable, UnknownName
from adaptstilts.plan.cell import cell
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.plan.request import Request
from adaptstilts.steps.spec import spec
from adaptstilts.steps.step import HELD_OUT, Transfer

PLAIN = ("intermediate.tasks={}", "transfer.tasks={}")
"""The pocket config without its differences by task."""

REQUEST = Request("fuse", ("squad", "mnli"), "pawsx")


def keys(settings=(), request=REQUEST):
    """Keys by the step's title; the titles of equal steps of two plans are equal."""
    return {step.title: step.key for step in cell(load_config("pocket", [*PLAIN, *settings]), request, None).steps}


def moved(settings=(), request=REQUEST):
    before, after = keys(), keys(settings, request)
    return {title for title in before if after.get(title) != before[title]}


ADAPTERS = {"adapter mnli", "adapter squad"}
TRANSFER = {"fuse(mnli, squad) → pawsx"}
SCORES = {"score clean", "score swap", "score drop", "score mix_fields", "score distract", "score greedy"}
TABLE = [
    (["intermediate.recipe.rate=0.5"], ADAPTERS | TRANSFER | SCORES),
    (["intermediate.tasks.squad.rate=0.5"], {"adapter squad"} | TRANSFER | SCORES),
    (["intermediate.rows=7"], ADAPTERS | TRANSFER | SCORES),
    (["adapter.reduction=4"], ADAPTERS | TRANSFER | SCORES),
    (["limits.max_length=96"], ADAPTERS | TRANSFER | SCORES),
    (["transfer.recipe.steps=7"], TRANSFER | SCORES),
    (["transfer.recipe.batch=7"], TRANSFER | SCORES),
    (["transfer.rows=7"], TRANSFER | SCORES),
    (["evaluation.rows=7"], SCORES),
    (["evaluation.languages=[en]"], SCORES),
    (["evaluation.severity=0.3"], {"score swap", "score drop"}),
    (["evaluation.budget=7"], {"score greedy"}),
    (["evaluation.search_rows=7"], {"score greedy"}),
    (["evaluation.depth=0.5"], set()),
    (["name=other", "summary=other"], set()),
    (["intermediate.tasks.hellaswag.rate=0.5"], set()),
]


def on_hub(*settings):
    steps = cell(load_config("xlmr-large", ["backbone.revision=main", *settings]), Request("none", (), "xnli"), None)
    return {score.title: score for score in steps.scores}


def test_bounded_scores_of_published_rows_say_by_their_version_that_they_are_drawn():
    """The pocket lab's rows are made in random order: its first ones are drawn already, and their keys are of old."""
    free, bounded = on_hub(), on_hub("evaluation.rows=150")
    assert {title for title, score in free.items() if score.version == 2} == {"score greedy"}  # 100 rows
    assert all(score.version == 2 and score.drawn for score in bounded.values())
    assert not any(score.drawn for title, score in free.items() if title != "score greedy")
    pocket = cell(load_config("pocket"), REQUEST, None).scores
    assert {score.rows for score in pocket} == {300, 40}
    assert not any(score.drawn or score.version > 1 for score in pocket)


@pytest.mark.parametrize(("settings", "expected"), TABLE, ids=[settings[0] for settings, _ in TABLE])
def test_which_setting_moves_which_key(settings, expected):
    assert moved(settings) == expected


def test_seed_and_composition_and_target_adapter_move_the_transfer():
    for request in (dataclasses.replace(REQUEST, seed=1), dataclasses.replace(REQUEST, target_adapter=False)):
        assert moved((), request) == TRANSFER | SCORES


def test_order_matters_only_where_it_is_said_to():
    swapped = dataclasses.replace(REQUEST, tasks=("mnli", "squad"))
    assert moved((), swapped) == set()
    stacks = [
        keys((), dataclasses.replace(REQUEST, composition="stack", tasks=tasks))
        for tasks in (("mnli", "squad"), ("squad", "mnli"))
    ]
    assert set(stacks[0].values()) & set(stacks[1].values()) == {stacks[0]["adapter mnli"], stacks[0]["adapter squad"]}


def test_depth_moves_what_it_decides():
    request = Request("none", (), "tatoeba")
    shallow, deep = keys(["evaluation.depth=0.5"], request), keys(["evaluation.depth=1.0"], request)
    assert set(shallow.values()).isdisjoint(deep.values())


def test_a_target_that_learns_nothing_has_no_seed_and_refuses_fusion():
    one, two = (keys((), Request("single", ("mnli",), "tatoeba", seed=seed)) for seed in (0, 1))
    assert one == two
    with pytest.raises(NotApplicable, match="trains nothing"):
        keys((), Request("fuse", ("mnli", "squad"), "tatoeba"))


@pytest.mark.parametrize(
    "setting", ["pooling=first", "margin=distance", "neighbours=8", "query_prefix=q", "candidate_prefix=q"]
)
def test_every_setting_of_retrieval_moves_the_score_it_decides_and_no_other(setting):
    request = Request("none", (), "bucc")
    changed = f"evaluation.retrieval.{setting}"
    assert keys((), request)["score clean"] != keys([changed], request)["score clean"]
    assert moved([changed]) == set()


@pytest.mark.parametrize("setting", ["query_prefix", "candidate_prefix"])
def test_what_stands_before_a_text_moves_a_head_that_is_trained_on_it(setting):
    request, changed = Request("none", (), "lareqa"), [f"evaluation.retrieval.{setting}='query: '"]
    before, after = keys((), request), keys(changed, request)
    assert set(before) == set(after) and set(before.values()).isdisjoint(after.values())
    mined, trained = (
        cell(load_config("pocket", changed), Request("none", (), name), None) for name in ("bucc", "lareqa")
    )
    assert spec(trained.transfer)["options"] == {setting: "query: "}
    assert "options" not in spec(mined.transfer) and spec(mined.scores[0])["options"][setting] == "query: "


def test_an_adapter_is_scored_on_dev_rows_that_are_in_its_key_or_on_a_part_of_its_training_rows(tmp_path):
    def step():
        settings = ["backbone.name=pocket", f"data.source={tmp_path}"]
        return adapter_step(ConfigFacts(load_config("xlmr-base", settings)), "mnli")

    home = tmp_path / "mnli" / "en"
    home.mkdir(parents=True)
    rows = [{"first": f"a {i}", "second": "b", "label": i % 3} for i in range(9)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (home / "train.jsonl").write_text(text)
    alone = step()
    assert alone.dev == HELD_OUT
    (home / "dev.jsonl").write_text(text)
    with_dev = step()
    (home / "dev.jsonl").write_text(text * 2)
    assert len({alone.key, with_dev.key, step().key}) == 3


def test_a_field_at_its_default_is_not_spelt():
    transfer = cell(load_config("pocket"), REQUEST, None).transfer
    spelt = spec(transfer)
    assert "seed" not in spelt and "target_adapter" not in spelt and "depth" not in spelt
    assert spec(dataclasses.replace(transfer, seed=3))["seed"] == 3
    assert isinstance(transfer, Transfer)


def test_a_new_version_of_an_attack_moves_its_score(monkeypatch):
    ATTACKS.names()
    newer = dataclasses.replace(ATTACKS.get("swap"), version=2)
    before = keys()
    monkeypatch.setitem(ATTACKS._entries, "swap", newer)
    assert {title for title, key in keys().items() if before[title] != key} == {"score swap"}


def test_languages_are_checked_before_anything_runs():
    with pytest.raises(UnknownName, match="language of the pocket lab"):
        keys(["data.language=xx"])


@pytest.mark.parametrize("target", ["xnli", "pawsx", "udpos", "panx", "xquad", "tydiqa", "xcopa", "tatoeba"])
@pytest.mark.parametrize("place", ["hub", "folder"])
def test_every_target_can_be_planned_on_real_data(target, place, request, tmp_path):
    settings = ["backbone.name=pocket"]
    if place == "folder":
        settings.append(f"data.source={request.getfixturevalue('hub') / 'datasets'}")
    steps = cell(load_config("xlmr-base", settings), Request("single", ("mnli",), target), None).steps
    assert steps[-1].languages
