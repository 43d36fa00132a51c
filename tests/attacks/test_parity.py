"""English candidates of swap and drop against TextAttack's own (recorded; the file says how)."""

import json
from pathlib import Path

import pytest

from adaptstilts.attacks import Scene
from adaptstilts.attacks.board import Board
from adaptstilts.attacks.static.drop import drops
from adaptstilts.attacks.static.swap import swaps
from adaptstilts.kinds import kind_of
from adaptstilts.rows import ClassificationRow
from adaptstilts.tasks.task import Task

GOLDEN = json.loads((Path(__file__).parent / "textattack_candidates.json").read_text("utf-8"))
TASK = Task("toy", "single", "target", "", "accuracy", labels=("no", "yes"))


@pytest.mark.parametrize(("name", "edit"), [("swap", swaps), ("drop", drops)])
def test_the_candidate_sets_are_those_of_textattack(name, edit):
    assert len(GOLDEN[name]) >= 35
    scene = Scene(TASK, kind_of("single"), "en", 0, 0.1, lambda before, after: before != after)
    for word, expected in GOLDEN[name].items():
        row = ClassificationRow("1", "en", "1", word, None, 0)
        board = Board(row, scene)
        found = {board.row_with([step]).first for unit in board.units for step in board.options(unit, [edit])}
        assert found == set(expected), word
