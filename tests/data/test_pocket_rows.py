"""Rows of the pocket lab come through the same door, checked by the same kinds."""

import subprocess
import sys

import pytest

from adaptstilts import pocket
from adaptstilts.data.identity import identity
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.tasks import TASKS

LAB = source_of("pocket")
TWINNED = [task for task in TASKS if (task.twin or task.name) in pocket.TWINS]


@pytest.mark.parametrize("task", TWINNED, ids=lambda task: task.name)
def test_every_twin_loads(task):
    facts = facts_for(task, LAB)
    assert facts.languages == (("en",) if task.role == "intermediate" else pocket.LANGUAGES)
    for split in ("train", "dev", "test"):
        loaded = load(facts, split, facts.languages[-1], LAB, 5)
        assert len(loaded.rows) == 5
        assert loaded.split_used == split
        assert loaded.origin == identity(task, LAB, split, facts.languages) == {"pocket": pocket.VERSION}


def test_raw_and_adjusted_tasks_load_alike():
    task = TASKS.get("ccg")
    assert load(task, "dev", "en", LAB, 5) == load(facts_for(task, LAB), "dev", "en", LAB, 5)


def test_keys_need_no_heavy_library():
    code = (
        "import sys; from adaptstilts.data.sources import facts_for, source_of; from adaptstilts.data.identity import identity;"
        "from adaptstilts.tasks import TASKS; t = TASKS.get('xnli');"
        "[identity(facts_for(t, w), w, 'test', ['en']) for w in (source_of('pocket'), source_of('hub'))];"
        "print({'torch', 'datasets', 'transformers', 'pyarrow', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
