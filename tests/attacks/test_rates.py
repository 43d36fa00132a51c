"""What a severity means, held against textnoisr's calibrated character error rates (recorded by textnoisr_golden.py, which says how)."""

import json
import statistics
import sys
from pathlib import Path

import pytest

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.attacks.edits.board import Board
from adaptstilts.attacks.text.inventory import Inventory
from adaptstilts.kinds import kind_of
from adaptstilts.rows import ClassificationRow
from adaptstilts.tasks.task import Task

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import textnoisr_golden as recorded  # noqa: E402

GOLDEN = json.loads((HERE / "textnoisr_rates.json").read_text("utf-8"))["found"]
TASK = Task("toy", "single", "target", "", "accuracy", labels=("no", "yes"))
TWINS = {"drop": "delete", "insert": "insert", "sub": "substitute", "swap": "swap"}


@pytest.mark.parametrize("rate", recorded.RATES)
@pytest.mark.parametrize("name", TWINS)
def test_a_severity_is_a_character_error_rate(name, rate):
    """Ours over the letters that may change, theirs over all characters: both mean the rate asked for, ours with less spread.

    A transposition is one edit of ours and two of Levenshtein's, which textnoisr counts.
    """
    mean, spread = GOLDEN[f"{TWINS[name]} {rate}"]
    each = 2 if name == "swap" else 1
    inventory = Inventory(dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 1))
    scene = Scene(TASK, kind_of("single"), "en", 0, rate, lambda before, after: before != after, inventory=inventory)
    rows = [ClassificationRow(str(i), "en", "", text, None, 0) for i, text in enumerate(recorded.sentences())]
    found = attack_rows(ATTACKS.get(name), rows, scene)
    made, half = [], []
    for row, after in zip(rows, found, strict=True):
        free = Board(row, scene).editable
        changed = recorded.distance(row.first, after.row.first)
        assert changed <= each * after.edits
        made.append(after.edits / free)
        half.append(1 / free)
    assert all(abs(one - rate) <= close for one, close in zip(made, half, strict=True))
    assert abs(statistics.fmean(made) - mean) <= 0.1 * rate + statistics.fmean(half) / 2
    assert statistics.pstdev(made) < spread
