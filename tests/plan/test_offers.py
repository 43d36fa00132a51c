"""Adapters of the zoo under a target of one's own: offered where a task has no rows, named in pools, told where they are passed over."""

import dataclasses
import json
import shutil

import pytest
from click.testing import CliRunner

from adaptstilts.cli.main import cli
from adaptstilts.config.load import load_config
from adaptstilts.errors import ConfigError, DataMissing, InputError, UnknownName
from adaptstilts.plan.cell import cell
from adaptstilts.plan.offers import offers, passed_over
from adaptstilts.plan.request import Request
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.manifest import manifest
from adaptstilts.steps.spec import spec
from adaptstilts.steps.step import Shelved
from adaptstilts.zoo.members import pool_members, zoo_members
from adaptstilts.zoo.zoo import Zoo, shipped_zoo, zoos

SETTINGS = ["transfer.tasks={}", "transfer.recipe.steps=1", "evaluation.attacks=[]"]


@pytest.fixture
def own(tmp_path):
    """A config over a folder that has rows of a target, and of no intermediate task."""
    rows = [{"first": f"one {i}", "second": f"two {i}", "label": i % 2} for i in range(8)]
    for place in ("en/train", "en/test", "de/test"):
        file = tmp_path / "data" / "pawsx" / f"{place}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_config("pocket", [*SETTINGS, f"data.source={tmp_path / 'data'}"])


def test_an_adapter_of_the_zoo_is_offered_by_name_where_its_task_has_no_rows(own):
    request = Request("fuse", ("mnli", "squad"), "pawsx")
    with pytest.raises(DataMissing, match=r"mnli has no train rows(.|\n)*name pocket-mnli in place of mnli"):
        cell(own, request, shipped_zoo())
    with pytest.raises(DataMissing) as alone:
        cell(own, request, None)
    assert "pocket-mnli" not in str(alone.value)


def test_it_is_taken_when_named(own):
    names = ("pocket-mnli", "pocket-squad")
    taken = zoo_members(own, names, shipped_zoo())
    found = cell(own, Request("fuse", names, "pawsx", taken=taken), shipped_zoo()).transfer
    digests = {entry.name: entry.digest for entry in shipped_zoo()}
    assert found.adapters == (Shelved("mnli", digests["pocket-mnli"]), Shelved("squad", digests["pocket-squad"]))


def test_offers_are_of_the_same_encoder_and_task(own):
    assert [entry.name for entry in offers(own, "mnli", shipped_zoo())] == ["pocket-mnli"]
    small = load_config("small")
    assert [entry.name for entry in offers(small, "mnli", shipped_zoo())] == ["small-mnli"]
    assert offers(load_config("xlmr-base"), "mnli", shipped_zoo()) == []
    assert offers(load_config("pocket", ["backbone.init=random"]), "mnli", shipped_zoo()) == []


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("intermediate.rows=40", "another number of rows"),
        ("intermediate.tasks.mnli.steps=3", "another recipe"),
        ("adapter.reduction=4", "another shape"),
    ],
)
def test_why_an_adapter_is_passed_over_is_said(setting, told):
    config = load_config("pocket", [setting])
    steps = cell(config, Request("single", ("mnli",), "pawsx"), shipped_zoo()).steps
    (said,) = passed_over(steps, config, shipped_zoo())
    assert "pocket-mnli" in said and told in said and said.count("another") == 1
    plain = load_config("pocket")
    assert not list(
        passed_over(cell(plain, Request("single", ("mnli",), "pawsx"), shipped_zoo()).steps, plain, shipped_zoo())
    )


def test_a_pulled_adapter_is_held_against_what_was_published_of_it(tmp_path):
    config = load_config("pocket", ["intermediate.tasks.mnli.steps=3"])
    (step,) = [
        s for s in cell(config, Request("single", ("mnli",), "pawsx"), Zoo(tmp_path)).steps if s.kind == "adapter"
    ]
    entry = next(entry for entry in shipped_zoo() if entry.task == "mnli" and entry.backbone == "pocket")
    for published, told in (
        (spec(step) | {"recipe": {}}, "made with another recipe;"),
        (None, "made with settings that nothing tells of;"),
    ):
        pulled = dataclasses.replace(entry, recipe={"fits": {}, "published": published})
        (said,) = passed_over([step], config, [pulled])
        assert told in said


def test_nothing_is_said_of_controls():
    """Copies of a task with other seeds and wide adapters are meant to be trained anew."""
    sweep = expand("pocket-k", ["sweep.targets=[pawsx, panx]"])
    controls = [step for cell in sweep.cells if cell.composition in ("copies", "wide") for step in cell.transfer.needs]
    assert any(step.kind == "adapter" and (step.seed or step.shape != sweep.config.adapter) for step in controls)
    assert not list(passed_over(controls, sweep.config, shipped_zoo()))


POOL = ["sweep.k=[0, 1]", "sweep.targets=[pawsx]"]


def test_a_pool_takes_adapters_of_the_zoo(own):
    names = {"sweep": {"pool": ["pocket-mnli", "pocket-squad", "pocket-qqp"], "k": [0, 1, 2], "targets": ["pawsx"]}}
    settings = [*SETTINGS, f"data.source={own.data.source}"]
    config = load_config("pocket", settings, names, adapters=lambda: [entry.name for entry in shipped_zoo()])
    sweep = expand(config)
    digests = {entry.digest: entry.name for entry in shipped_zoo()}
    for found in sweep.cells:
        assert [digests[adapter.digest] for adapter in found.transfer.adapters] == sorted(found.tasks)
    assert not [step for step in sweep.steps if step.kind == "adapter"]
    assert {name for found in manifest(sweep).plain()["cells"] for name in found["tasks"]} <= {*names["sweep"]["pool"]}


def test_a_cell_of_such_a_sweep_is_the_cell_that_fuse_makes(own):
    names = ("pocket-mnli", "pocket-squad")
    values = {"sweep": {"pool": list(names), "k": [2], "targets": ["pawsx"]}}
    config = load_config("pocket", [*SETTINGS, f"data.source={own.data.source}"], values, adapters=None)
    (found,) = expand(config).cells
    made = cell(own, Request("fuse", names, "pawsx", found.seed, taken=zoo_members(own, names, shipped_zoo())), None)
    assert made.transfer.key == found.transfer.key


@pytest.mark.parametrize("way", ["folder", "zoo"])
def test_a_pool_takes_folders_and_what_came_from_them(way, tmp_path):
    entry = shipped_zoo().named("pocket-mnli")
    shutil.copytree(shipped_zoo().files(entry.digest), tmp_path / "theirs")
    file = tmp_path / "mine.yaml"
    name = str(tmp_path / "theirs")
    file.write_text(
        f"extends: pocket\nname: mine\nsummary: x\nsweep: {{pool: ['{name}', squad], orderings: 2, k: [1], targets: [pawsx]}}\n"
    )
    config = load_config(str(file), adapters=tuple)
    with pytest.raises(InputError, match=r"is not in the zoo(.|\n)*adaptstilts pull"):
        expand(config)
    shelf = zoos(tmp_path / "runs")
    taken = pool_members(config, shelf)
    sweep = expand(config, zoo=shelf, taken=taken)
    assert {tasks for found in sweep.cells for tasks in found.tasks} == {"theirs", "squad"}
    assert sweep.config.sweep.pool == ("theirs", "squad")
    if way == "zoo":
        again = expand(str(file), ["sweep.pool=[theirs, squad]"], shelf)
        assert {step.key for step in again.steps} == {step.key for step in sweep.steps}


def test_names_of_nothing_are_told_with_the_zoos_names():
    with pytest.raises(ConfigError, match=r"sweep\.pool: (.)*pocket-mnlii(.)*did you mean pocket-mnli"):
        expand("pocket", [*POOL, "sweep.pool=[pocket-mnlii]"])
    with pytest.raises(ConfigError, match="'xnli'"):
        expand("pocket", [*POOL, "sweep.pool=[xnli]"])
    with pytest.raises(InputError, match=r"sweep\.pool: 'small-mnli' is for the backbone e5-small"):
        expand("pocket", [*POOL, "sweep.pool=[small-mnli]"])
    config = load_config("pocket", [*POOL, "sweep.pool=[pocket-mnlii]"], adapters=None)
    with pytest.raises(UnknownName, match="pocket-mnli"):
        expand(config)


def test_a_control_of_an_adapter_that_is_trained_already_is_refused_with_what_to_do():
    settings = [*POOL, "sweep.pool=[pocket-mnli, pocket-squad]", "sweep.controls={compositions: [copies], k: [2]}"]
    with pytest.raises(InputError, match=r"sweep\.controls\.task"):
        expand("pocket", settings)
    sweep = expand("pocket", [*settings, "sweep.controls.task=qqp"])
    assert {found.tasks for found in sweep.cells if found.role == "control"} == {("qqp",)}


def test_plan_names_them_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["plan", "pocket-k", "--set", "sweep.pool=[pocket-mnli, squad, qqp]", "--set", "sweep.k=[0, 1]", "--json"]
    done = CliRunner().invoke(
        cli, [*words, "--set", "sweep.reference={}"], standalone_mode=False, catch_exceptions=False
    )
    assert json.loads(done.stdout)["cells"] > 0
