"""Keys are the same everywhere and from release to release, unless what they stand for has changed."""

import json
import os
import subprocess
import sys

import pytest

from adaptstilts import ids
from adaptstilts.attacks import ATTACKS
from adaptstilts.attacks.text.graphemes import tables
from adaptstilts.config.load import load_config
from adaptstilts.plan.cell import cell
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.plan.request import Request
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.steps.spec import spec
from tests.plan.versions import LOCK, RENEW, digest, now

ON_HUB = ["backbone.revision=main"]
REQUESTS = {
    "fuse": Request("fuse", ("squad", "mnli", "hellaswag"), "pawsx"),
    "stack": Request("stack", ("squad", "mnli"), "xquad", seed=3),
    "none": Request("none", (), "bucc"),
    "multitask": Request("multitask", ("mnli", "anli"), "xnli"),
    "copies": Request("copies", ("qqp",), "udpos", times=2),
    "full": Request("full", ("mnli",), "tydiqa"),
}
PINNED = {
    "fuse": ("145dc7aed4fe9fc4", "094acdb421a61a94"),
    "stack": ("5c9549b72c7e2973", "8bc7121b4c78c5f5"),
    "none": ("97a3ed63d95cd4a8", "a6b7993748e5d779"),
    "multitask": ("4a9b88565e33e0f2", "7ad4fb90de8a3851"),
    "copies": ("bb6d5042f56f375c", "e04896e667e1fdb4"),
    "full": ("f78f483f8bf5f261", "3bb11ffe44a528bb"),
    "adapter": "79b25e13ab1815c1",
}
"""Keys of transfers and of their clean scores. One that moves makes every lab's records of it worthless: raise a version and say so in
the changelog, or find out what moved it by mistake."""


@pytest.fixture(autouse=True)
def no_pins(monkeypatch, tmp_path):
    monkeypatch.delenv("ADAPTSTILTS_LOCK", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_a_handful_of_keys_is_pinned(name):
    steps = cell(load_config("xlmr-large", ON_HUB), REQUESTS[name], None)
    assert (steps.transfer.key, steps.scores[0].key) == PINNED[name]


def test_the_key_of_an_adapter_is_pinned():
    assert adapter_step(ConfigFacts(load_config("xlmr-large", ON_HUB)), "mnli").key == PINNED["adapter"]


def test_what_decides_letters_is_in_the_key_of_attacks_where_text_is_not_generated(monkeypatch):
    """The pocket lab's letters are the same under every version of Unicode, and its keys are what they were."""

    def told(config, settings):
        scores = cell(load_config(config, settings), REQUESTS["none"], None).scores
        return {score.attack: score.clusters for score in scores}

    hub, pocket = told("xlmr-large", ON_HUB), told("pocket", [])
    assert hub.pop("") == "" and set(hub.values()) == {tables()}
    assert set(pocket.values()) == {""} and len(pocket) > 1
    monkeypatch.setattr("adaptstilts.plan.facts.tables", lambda: "another")
    assert told("xlmr-large", ON_HUB)["swap"] == "another"


def test_keys_are_digests_of_specs():
    """The key is put together from pieces; it must be the digest of the whole."""
    for step in expand("pocket-k").steps + expand("phang2020").steps:
        assert step.key == ids.digest(spec(step))


@pytest.mark.parametrize("name", ["pocket-k", "robustness-k"])
def test_keys_do_not_depend_on_process_or_hash_seed(name):
    code = f"from adaptstilts import expand; print(*sorted(step.key for step in expand({name!r}).steps))"
    here = " ".join(sorted(step.key for step in expand(name).steps))
    for seed in ("0", "1", "4711"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == here


def test_no_declaration_has_changed_without_its_version():
    """A version goes up where the same input would give something else; the lock is then renewed."""
    locked, found = json.loads(LOCK.read_text(encoding="utf-8")), now()
    forgotten = [
        name for name, was in locked.items()
        if name in found and found[name]["digest"] != was["digest"] and found[name]["version"] == was["version"]
    ]  # fmt: skip
    assert not forgotten, (
        f"raise `version` of these, or if they do what they did, renew the lock ({RENEW}): {forgotten}"
    )
    assert found == locked, f"the lock is stale, renew it: {RENEW}"


def test_the_lock_sees_code_and_not_comments(tmp_path, monkeypatch):
    origin = ATTACKS.origin("swap")
    text = origin.read_text(encoding="utf-8")
    monkeypatch.setattr("tests.plan.versions.PACKAGE", tmp_path)
    file = tmp_path / "attacks" / "swap.py"
    file.parent.mkdir()
    file.write_text(text)
    before = digest(file)
    file.write_text("# a comment\n\n" + text)
    assert digest(file) == before
    file.write_text(text.replace("family=", "graded=False, family="))
    assert digest(file) != before
