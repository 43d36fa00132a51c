"""Names of several tasks: who is in them, and where they may stand."""

import json
import subprocess
import sys

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.errors import ConfigError
from adaptstilts.tasks import GROUPS, TASKS
from adaptstilts.tasks.naming import groups_of, spelt_out

NINE = ("anli", "mnli", "qqp", "squad", "squad2", "hellaswag", "ccg", "cosmosqa", "csqa")
"""As Phang et al. 2020 list them."""


@pytest.mark.parametrize("group", list(GROUPS), ids=lambda group: group.name)
def test_a_group_names_tasks_that_can_be_learnt_each_once(group):
    assert len(set(group.tasks)) == len(group.tasks) > 1
    assert all(TASKS.get(name).train or TASKS.get(name).obtain for name in group.tasks)
    assert all("en" in TASKS.get(name).languages for name in group.tasks)
    assert group.name not in TASKS and group.summary and group.citation
    assert all(group.name in groups_of(name) for name in group.tasks)


def test_the_papers_groups():
    """Pruksachatkun et al. 2020, table 1: eleven intermediate tasks, of which QAMR and QA-SRL are not here."""
    assert GROUPS.broken == {}
    assert GROUPS.get("phang2020").tasks == NINE
    theirs = {"csqa", "scitail", "cosmosqa", "siqa", "ccg", "hellaswag", "sst2", "qqp", "mnli"}
    assert set(GROUPS.get("pruksachatkun2020").tasks) == theirs
    glue = {"sst2", "cola", "mrpc", "rte", "qnli"}
    more = {"boolq", "winogrande", "piqa", "openbookqa", "arc", "snli", "siqa", "copa", "scitail"}
    assert set(GROUPS.get("english23").tasks) == {*NINE, *glue, *more} and len(GROUPS.get("english23").tasks) == 23


@pytest.mark.parametrize(
    ("names", "want"),
    [
        (("mnli",), ("mnli",)),
        (("rte", "phang2020"), ("rte", *NINE)),
        (("mnli", "phang2020"), ("mnli", *(name for name in NINE if name != "mnli"))),
        (("phang2020", "mnli"), (*NINE, "mnli")),  # named twice, as whoever reads it is told
        (("nothing", "hub:user/repo"), ("nothing", "hub:user/repo")),
        ((), ()),
    ],
)
def test_a_group_stands_for_its_tasks(names, want):
    assert spelt_out(names) == want


def test_groups_that_overlap_make_one_list():
    both = spelt_out(("pruksachatkun2020", "phang2020"))
    assert len(both) == len(set(both)) == 12


@pytest.mark.parametrize(
    "pool", ["phang2020", "[phang2020]", "[anli, mnli, qqp, squad, squad2, hellaswag, ccg, cosmosqa, csqa]"]
)
def test_a_pool_may_be_a_group(pool):
    assert load_config("phang2020", [f"sweep.pool={pool}"]) == load_config("phang2020")


def test_shipped_sweeps_are_over_the_papers_nine():
    """The question's own has as many more, so that its largest k is half of them."""
    assert load_config("phang2020").sweep.pool == NINE
    pool = load_config("robustness-k").sweep.pool
    assert pool[:9] == NINE and len(set(pool)) == 18 and set(pool) <= set(GROUPS.get("english23").tasks)


def test_a_wider_pool_with_targets_that_have_english_rows():
    config = load_config(
        "robustness-k",
        ["sweep.pool=english23", "sweep.baselines=[{composition: multitask, tasks: [pruksachatkun2020]}]"],
    )
    assert len(config.sweep.pool) == 23 and {"siqa", "copa"} <= set(config.sweep.pool)
    assert config.sweep.baselines[0].tasks == GROUPS.get("pruksachatkun2020").tasks


@pytest.mark.parametrize(
    ("pool", "told"),
    [
        ("[phang2021]", "phang2021"),
        ("[phang2020, mnli]", "mnli named twice"),
        ("[xnli]", "'xnli'"),
        ("{a: 1}", "sweep.pool"),
    ],
)
def test_a_pool_that_is_none_is_refused(pool, told):
    with pytest.raises(ConfigError, match=told):
        load_config("robustness-k", [f"sweep.pool={pool}"])


def call(*words, cwd):
    words = [sys.executable, "-m", "adaptstilts", *words, "--json"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_lists_show_groups(tmp_path):
    listed = {line["name"]: line["groups"] for line in call("list", "tasks", cwd=tmp_path)}
    assert {name for name, groups in listed.items() if "phang2020" in groups.split(", ")} == set(NINE)
    assert listed["sst2"] == "english23, pruksachatkun2020"
    assert {line["name"] for line in call("list", "groups", cwd=tmp_path)} == set(GROUPS.names())
    assert call("show", "english23", cwd=tmp_path)["tasks"].startswith("anli, mnli")


def test_a_group_of_ones_own_goes_into_a_command(tmp_path):
    """The pocket lab's own adapters, two of them under one name, and a target that hardly learns."""
    (tmp_path / "two.py").write_text(
        '"""Two tasks."""\nfrom adaptstilts.tasks import Group\n'
        'group = Group(name="two", summary="two tasks", tasks=("qqp", "mnli"), citation="this file")\n'
    )
    found = call(
        "--include", "two.py", "average", "--tasks", "two,csqa", "--target", "pawsx", "--attacks", "none", "--quiet",
        "--set", "transfer.rows=16", "--set", "evaluation.rows=16", "--set", "transfer.tasks.pawsx.steps=1", cwd=tmp_path,
    )  # fmt: skip
    assert sorted(found["transfer"]["members"]) == ["csqa", "mnli", "qqp"]
