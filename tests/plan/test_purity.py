"""Planning reads files; it writes none, makes no folder and asks no network, whatever the config and whoever's adapter takes part."""

import os
import subprocess
import sys

import pytest

from adaptstilts.config.load import available

FORBIDDING = """
import os, sys
from pathlib import Path
from adaptstilts.config.load import load_config
from adaptstilts.plan.cell import cell
from adaptstilts.plan.request import Request
from adaptstilts.plan.sweeps.budget import outlook
from adaptstilts.plan.sweeps.cost import calibration_of
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.store.store import Store
from adaptstilts.zoo.members import zoo_members
from adaptstilts.zoo.zoo import shipped_zoo, zoos

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.utime", "os.chmod"}

def forbid(event, args):
    if event == "open" and isinstance(args[2], int) and args[2] & WRITING:
        raise AssertionError(f"{args[0]} is opened to be written")
    if event in CHANGES or event.startswith(("socket.", "tempfile.", "shutil.", "subprocess.")):
        raise AssertionError(f"{event} {args}")

config, tasks = load_config(sys.argv[1], ["backbone.name=pocket"][: sys.argv[1] != "pocket"]), ("squad", "pocket-mnli")
"""

CELL = """
request = Request("fuse", tasks, "pawsx", taken=zoo_members(load_config("pocket"), tasks, shipped_zoo()))
sys.addaudithook(forbid)
made = cell(config, request, zoos(Path("nowhere")))
assert made.transfer.members == ("pocket-mnli", "squad") and len(made.steps) > 2
"""

SWEEP = """
sys.addaudithook(forbid)
sweep = expand(config, store=Store(Path("nowhere")))
assert len([step.key for step in sweep.steps]) > 100
outlook(sweep, Store(Path("nowhere")), calibration_of(config.backbone))
"""

SWEEPS = [name for name, path in available().items() if path.parent.name == "sweeps"]


def planning(code, name, folder):
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "ADAPTSTILTS_CACHE": str(folder / "none")}
    words = [sys.executable, "-c", FORBIDDING + code, name]
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", sorted(available()))
def test_a_cell_is_planned_without_a_trace(name, tmp_path):
    done = planning(CELL, name, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_is_planned_without_a_trace(name, tmp_path):
    done = planning(SWEEP, name, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("deed", ["open('x', 'w')", "os.mkdir('x')", "__import__('socket').getaddrinfo('a', 1)"])
def test_what_is_forbidden_would_be_seen(deed, tmp_path):
    done = planning(f"\nsys.addaudithook(forbid)\n{deed}\n", "pocket", tmp_path)
    assert done.returncode == 1 and "AssertionError" in done.stderr
