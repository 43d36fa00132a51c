"""Names of members that are no tasks: adapters of a zoo, repositories, folders; what they may be, and what is refused."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from adaptstilts import places
from adaptstilts.config.load import load_config
from adaptstilts.errors import DataMissing, InputError, UnknownName
from adaptstilts.names import foreign, slug
from adaptstilts.plan.cell import cell
from adaptstilts.plan.request import Request
from adaptstilts.steps.step import Shelved
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.exposure import exposure
from adaptstilts.zoo.members import zoo_members
from adaptstilts.zoo.names import on_hub
from adaptstilts.zoo.zoo import Zoos, shipped_zoo, zoos

MNLI = shipped_zoo().named("pocket-mnli")


def planned(zoo, *tasks, composition="fuse", config=None, **more):
    config = config or load_config("pocket")
    request = Request(composition, tasks, "pawsx", taken=zoo_members(config, tasks, zoo), **more)
    return cell(config, request, zoo).transfer


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(shipped_zoo().files(MNLI.digest), tmp_path / "my adapter.v2")


@pytest.mark.parametrize(
    ("text", "id", "revision"),
    [
        ("user/repo", "user/repo", "main"),
        ("hub:user/repo", "user/repo", "main"),
        ("hub:user/repo.x_1@v1.0", "user/repo.x_1", "v1.0"),
        ("user/repo@refs/pr/1", "user/repo", "refs/pr/1"),
    ],
)
def test_names_of_the_hub(text, id, revision):
    assert (on_hub(text).id, on_hub(text).revision) == (id, revision)
    assert on_hub(str(on_hub(text))) == on_hub(text)


@pytest.mark.parametrize(
    "text", ["", "repo", "a/b/c", "../x", "a/..", "a/b@", "a/b@../x", "a/b@x@y", "hub:", "/a/b", "a b/c"]
)
def test_what_is_no_name_of_the_hub(text):
    with pytest.raises(InputError, match="names no repository"):
        on_hub(text)


def test_tasks_alone_are_planned_as_they_were(tmp_path):
    with_zoos, before = (planned(zoo, "squad", "mnli") for zoo in (zoos(tmp_path), shipped_zoo()))
    assert with_zoos == before and with_zoos.names == ()
    assert not (tmp_path / "zoo").exists(), "nothing is made where nothing is taken in"


def test_a_name_in_the_zoo_takes_that_adapter_as_it_is(tmp_path):
    found = planned(zoos(tmp_path), "squad", "pocket-mnli")
    assert found.members == ("pocket-mnli", "squad")
    assert found.adapters[0] == Shelved("mnli", MNLI.digest)
    retrained = planned(zoos(tmp_path), "squad", "pocket-mnli", retrain=True)
    assert retrained.adapters[0] == found.adapters[0] and not isinstance(retrained.adapters[1], Shelved)


def test_a_folder_is_taken_in_once_under_its_own_name(tmp_path, folder):
    zoo = zoos(tmp_path)
    found = planned(zoo, "squad", str(folder))
    assert found.members == ("my-adapter-v2", "squad") and found.adapters[0] == Shelved("mnli", MNLI.digest)
    (entry,) = zoo.own
    assert entry.origin == "folder my adapter.v2", "no path of this machine"
    assert planned(zoo, "squad", str(folder)) == found and len(list(zoo.own)) == 1
    shutil.rmtree(folder)
    assert planned(zoo, "squad", "my-adapter-v2") == found, "it lies in the zoo from now on"


def test_order_is_kept_where_it_matters(tmp_path):
    assert planned(zoos(tmp_path), "squad", "pocket-mnli", composition="stack").members == ("squad", "pocket-mnli")


@pytest.mark.parametrize(
    ("tasks", "composition", "error", "told"),
    [
        (("squad", "mnlii"), "fuse", UnknownName, "no task or adapter called 'mnlii'.*mnli.*hub:user/repo"),
        (("squad", "pocket-mnli", "pocket-mnli"), "fuse", InputError, "named twice"),
        (("squad", "pocket-mnli"), "multitask", InputError, "trained already"),
        (("pocket-mnli",), "wide", InputError, "trained already"),
        (("squad", "./none"), "fuse", InputError, "no folder './none'"),
        (("squad", "hub:x"), "fuse", InputError, "names no repository"),
    ],
)
def test_names_that_cannot_be(tmp_path, tasks, composition, error, told):
    with pytest.raises(error, match=f"(?s){told}"):
        planned(zoos(tmp_path), *tasks, composition=composition)


def test_a_zoo_that_is_only_read_takes_nothing_in(folder):
    for zoo in (shipped_zoo(), Zoos(shipped_zoo())):
        with pytest.raises(InputError, match="no zoo here"):
            planned(zoo, "squad", str(folder))


def test_an_empty_folder_is_no_adapter(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataMissing, match=r"no adapter \(no adapter_config\.json\)"):
        planned(zoos(tmp_path), "squad", str(tmp_path / "empty"))


@pytest.mark.parametrize(
    ("recipe", "backbone", "told"),
    [
        ({"fits": {"type": "bert", "hidden_size": 768, "num_hidden_layers": 12}}, "other", "of type bert, 768 wide"),
        ({"identity": {"content": "0" * 16}}, "pocket", "trained on other weights"),
    ],
)
def test_an_adapter_of_another_backbone_is_refused_by_plan(tmp_path, folder, recipe, backbone, told):
    zoo = zoos(tmp_path)
    zoo.own.add(replace(MNLI, name="theirs", backbone=backbone, step="", recipe=recipe), folder)
    with pytest.raises(InputError, match=told):
        planned(zoo, "squad", "theirs")


def test_what_an_adapter_of_unknown_task_has_seen_is_unknown():
    target = TASKS.get("xnli")
    assert exposure(target, ["unknown"]) == "unknown"
    assert exposure(target, ["unknown", "mnli"]) == exposure(target, ["mnli"]) == "seen"
    assert exposure(TASKS.get("panx"), ["squad"]) == "unseen"


def test_planning_with_an_adapter_of_the_zoo_stays_light(tmp_path, folder):
    zoos(tmp_path).own.add(replace(MNLI, name="theirs", step="", origin="hub:a/b@" + "0" * 40), folder)
    code = (
        "import sys, json\nfrom pathlib import Path\nfrom adaptstilts.config.load import load_config\n"
        "from adaptstilts.plan.cell import cell\nfrom adaptstilts.plan.request import Request\nfrom adaptstilts.zoo.zoo import zoos\n"
        "from adaptstilts.zoo.members import zoo_members\n"
        f"config, zoo, tasks = load_config('pocket'), zoos(Path({str(tmp_path)!r})), ('squad', 'theirs', 'hub:a/b@' + '0' * 40)\n"
        "made = cell(config, Request('fuse', tasks, 'pawsx', taken=zoo_members(config, tasks, zoo)), zoo)\n"
    )
    listed = (
        code.replace(", 'hub:a/b@' + '0' * 40)", ")")
        + "print(json.dumps(sorted({'torch', 'transformers'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_slugs_and_what_is_foreign():
    assert slug("user/xlmr mnli.v1") == "user-xlmr-mnli-v1" and slug("../..") == "adapter"
    assert [foreign(name) for name in ("mnli", "pocket-mnli", "hub:a/b", "a/b", "./a", "~/a", "/a")] == [False] * 2 + [
        True
    ] * 5
    assert isinstance(zoos(places.PACKAGE), Zoos)
