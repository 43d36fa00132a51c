"""A few kills of whole commands; `tests.launch.killing` has hundreds, and says how to run them."""

import os
from pathlib import Path

import pytest

from tests.launch import killing, killing_verbs

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are looked for in Linux's /proc"
)

SWEEPS, VERBS = (int(number) for number in os.environ.get("ADAPTSTILTS_KILLS", "2,1").split(","))
"""How many kills of the sweep and of each verb; `ADAPTSTILTS_KILLS=100,20` is what was published."""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("kills")


@pytest.mark.timeout(290 + 60 * SWEEPS)
def test_a_sweep_with_workers_ends_the_same_however_it_is_killed(root):
    found = killing.sweeps(root, SWEEPS, 20261130)
    assert not found["wrong"] and sum(found["kills"].values()) >= SWEEPS


@pytest.mark.timeout(290 + 600 * VERBS)
def test_a_verb_that_is_killed_leaves_nothing_half_done(root):
    names = ("export", "import", "zoo add") if VERBS == 1 else ()
    found = killing_verbs.verbs(root, VERBS, 20261130, *names)
    assert not found["wrong"] and found["kills"]
