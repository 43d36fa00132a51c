"""The driver of static letter edits: how many, where, and alike where fields belong together."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from adaptstilts.attacks.attack import Attacked, Perturb, Scene
from adaptstilts.attacks.board import CHOICES, Board, Laid, LetterEdit, Step, Unit, lay, size
from adaptstilts.kinds.kind import Edited
from adaptstilts.rows import Row

REDRAWS = 5
"""How often an edit is drawn again whose token ids are those of the text before."""


def by_letters(*edits: LetterEdit) -> Perturb:
    """A static attack from kinds of letter edits: about `severity` of the editable clusters change, at least one.

    Fields of one group are edited type-consistently, choices equally often. The generator decides alone, so a row
    comes out the same in any order and batch.
    """

    def perturb(row: Row, scene: Scene, rng: Random) -> Attacked:
        board = Board(row, scene)
        for _ in range(1 + REDRAWS):
            steps = _draw(board, edits, rng)
            texts = board.texts(steps)
            if steps and _choices_differ(board, texts) and board.differs(texts):
                count = size(steps)
                return Attacked(scene.kind.replace(row, texts), "edited", count, count / board.editable)
            if not steps:
                break
        return Attacked(row, "noop", 0, 0.0)

    return perturb


def _draw(board: Board, edits: Sequence[LetterEdit], rng: Random) -> list[Step]:
    severity = board.scene.severity
    if severity <= 0 or not board.units:
        return []
    shared = [unit for unit in board.units if not unit.choice]
    choices = _draw_choices(board, edits, rng, least=0 if shared else 1)
    target = max(1, round(severity * board.editable) - size(choices))
    return _fill(board, shared, target, edits, rng) + choices


def _draw_choices(board: Board, edits: Sequence[LetterEdit], rng: Random, least: int) -> list[Step]:
    """Equally many edits of each choice: as many as the one with the fewest can bear."""
    fields = [i for i, sheet in enumerate(board.sheets) if sheet.field.group == CHOICES]
    if not fields:
        return []
    units = [[unit for unit in board.units if unit.choice and unit.spots[0].field == i] for i in fields]
    target = max(least, round(board.scene.severity * sum(board.free[i] for i in fields) / len(fields)))
    drawn = [_fill(board, each, target, edits, rng) for each in units]
    fewest = min(map(len, drawn))
    return [step for each in drawn for step in each[:fewest]]


def _fill(board: Board, units: Sequence[Unit], target: int, edits: Sequence[LetterEdit], rng: Random) -> list[Step]:
    """Edits of units in random order, round after round, until there are `target` or no unit has room for another."""
    steps: list[Step] = []
    laid = lay(steps)
    while size(steps) < target:
        before = len(steps)
        for unit in rng.sample(units, len(units)):
            step = _pick(board, unit, edits, laid, rng)
            if step:
                steps.append(step)
                for spot, rewrite in step:
                    laid[spot.field, spot.run].append(rewrite)
            if size(steps) >= target:
                break
        if len(steps) == before:
            break
    return steps


def _pick(board: Board, unit: Unit, edits: Sequence[LetterEdit], laid: Laid, rng: Random) -> Step | None:
    options = board.options(unit, edits, laid)
    tries = rng.sample(options, min(len(options), 1 + REDRAWS))
    return next((step for step in tries if board.survives(step)), None)


def _choices_differ(board: Board, texts: dict[str, Edited]) -> bool:
    """Whether choices that were different still are."""
    fields = [sheet.field for sheet in board.sheets if sheet.field.group == CHOICES]
    after = {texts[f.name].text if f.name in texts else f.text for f in fields}
    return len(after) == len({f.text for f in fields})
