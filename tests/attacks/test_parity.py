"""English candidates of swap, drop, insert and keyboard against TextAttack's own (recorded; the file says how)."""

import json
from pathlib import Path

import pytest

from adaptstilts.attacks import Scene
from adaptstilts.attacks.edits.board import Board
from adaptstilts.attacks.edits.rewrites import drops, swaps
from adaptstilts.attacks.static.insert import inserts
from adaptstilts.attacks.static.keyboard import misses
from adaptstilts.attacks.text.inventory import Inventory
from adaptstilts.kinds import kind_of
from adaptstilts.rows import ClassificationRow
from adaptstilts.tasks.task import Task

GOLDEN = json.loads((Path(__file__).parent / "textattack_candidates.json").read_text("utf-8"))
TASK = Task("toy", "single", "target", "", "accuracy", labels=("no", "yes"))


@pytest.mark.parametrize(("name", "edit"), [("swap", swaps), ("drop", drops)])
def test_the_candidate_sets_are_those_of_textattack(name, edit):
    assert len(GOLDEN[name]) >= 35
    for word, expected in GOLDEN[name].items():
        assert candidates(word, edit) == set(expected), word


def candidates(word, edit, **more):
    scene = Scene(TASK, kind_of("single"), "en", 0, 0.1, lambda before, after: before != after, **more)
    board = Board(ClassificationRow("1", "en", "1", word, None, 0), scene)
    return {board.row_with([step]).first for unit in board.units for step in board.options(unit, [edit])}


def test_insertions_are_those_of_textattack_for_the_same_letters():
    for word, expected in GOLDEN["insert"].items():
        found = candidates(word, inserts, inventory=Inventory({"a": 3, "e": 2, "q": 1}))
        assert {text.lower() for text in found} == {text.lower() for text in expected}, word


def test_missed_keys_are_textattacks_but_for_pairs_that_do_not_touch():
    """Both ways round, for its table is not: f is beside g there, beside g is d."""
    theirs, ours = set(), set()
    for word, expected in GOLDEN["keyboard"].items():
        if len(word) == 3:
            assert not expected  # TextAttack leaves words of three letters alone here, though not in its other swaps
            continue
        for pairs, texts in ((theirs, expected), (ours, candidates(word, misses))):
            for text in texts:
                (pair,) = [frozenset((a, b)) for a, b in zip(word.lower(), text.lower(), strict=True) if a != b]
                pairs.add(pair)
    assert ours <= theirs and len(ours) >= 40
    rows = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    at = {letter: (r, c + (0, 0.25, 0.75)[r]) for r, row in enumerate(rows) for c, letter in enumerate(row)}
    for one, other in theirs - ours - {frozenset("dg")}:  # keys of different rows that do not overlap
        assert at[one][0] != at[other][0] and abs(at[one][1] - at[other][1]) >= 1, (one, other)
