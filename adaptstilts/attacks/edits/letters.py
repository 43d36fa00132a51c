"""The driver of static edits of letters: how many, where, and alike where fields belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from adaptstilts.attacks.attack import Attacked, Perturb, Scene
from adaptstilts.attacks.edits.board import Board, Laid, LetterEdit, Step, Unit, lay, size
from adaptstilts.attacks.edits.editable import CHOICES
from adaptstilts.attacks.edits.exchange import Exchange
from adaptstilts.kinds.kind import Edited
from adaptstilts.rows import Row

REDRAWS = 5
"""How often an edit is drawn again whose token ids are those of the text before."""

DRAWS = 40
"""How often an edit of one unit is drawn until it is well-formed."""

Pick = Callable[[Board, Unit, Laid, Random], Step | None]
"""One more edit of a unit beside those laid, sound and told apart by the tokenizer; None if there is none."""

Measure = Callable[[Board], Sequence[int]]
"""What severity is a share of, field by field: clusters that may change, or words."""

Find = Callable[[Board], Sequence[Unit]]
"""What can be edited."""


def by_letters(*edits: LetterEdit) -> Perturb:
    """A static attack from kinds of letter edits: about `severity` of the editable clusters change, at least one.

    The edits are within one of that number where letters allow so many. They may be more where fields of one group are
    edited type-consistently, for the last word counts wherever it stands, and by half an edit a choice where choices are
    edited equally often. The generator decides alone, so a row comes out the same in any order and batch.
    """
    return driven(partial(_pick_listed, edits))


def by_letters_of(find: Find, edit: LetterEdit) -> Perturb:
    """Like `by_letters`, of what `find` finds instead of words."""
    return driven(partial(_pick_listed, (edit,)), find=find)


def by_drawing(*exchanges: Exchange) -> Perturb:
    """Like `by_letters`, for edits with many outcomes: an exchange is drawn, then one of its edits by weight."""
    return driven(partial(_pick_drawn, exchanges))


def by_words(edit: LetterEdit) -> Perturb:
    """Like `by_letters` for an edit that changes a word at once: `severity` is the share of the words it changes."""
    return driven(partial(_pick_listed, (edit,)), lambda board: yielding(board, edit))


def driven(pick: Pick, measure: Measure = lambda board: board.free, find: Find = lambda board: board.units) -> Perturb:
    """A static attack that edits what `find` finds as `pick` picks, until `severity` of what `measure` counts is done."""

    def perturb(row: Row, scene: Scene, rng: Random) -> Attacked:
        board = Board(row, scene)
        free = measure(board)
        for _ in range(1 + REDRAWS):
            steps = _draw(board, find(board), free, pick, rng)
            texts = board.texts(steps)
            if steps and _choices_differ(board, texts) and board.differs(texts):
                count = size(steps)
                after, rate = scene.kind.replace(row, texts), count / sum(free)
                return Attacked(after, "edited", count, rate, **board.counts())
            if not steps:
                break
        return Attacked(row, "noop", 0, 0.0, **board.counts())

    return perturb


def yielding(board: Board, edit: LetterEdit) -> list[int]:
    """At how many places of each field an edit has a rewrite."""
    places: list[set[int]] = [set() for _ in board.sheets]
    for unit in board.units:
        for spot in unit.spots:
            places[spot.field] |= board.places(spot, edit)
    return [len(found) for found in places]


def _draw(board: Board, units: Sequence[Unit], free: Sequence[int], pick: Pick, rng: Random) -> list[Step]:
    severity = board.scene.severity
    if severity <= 0 or not units:
        return []
    shared = [unit for unit in units if not unit.choice]
    choices = _draw_choices(board, units, free, pick, rng, least=0 if shared else 1)
    target = max(1, round(severity * sum(free)) - size(choices))
    return _fill(shared, target, board, pick, rng) + choices


def _draw_choices(
    board: Board, units: Sequence[Unit], free: Sequence[int], pick: Pick, rng: Random, least: int
) -> list[Step]:
    """Equally many edits of each choice: as many as the one with the fewest can bear."""
    fields = [i for i, sheet in enumerate(board.sheets) if sheet.field.group == CHOICES]
    if not fields:
        return []
    of_field = [[unit for unit in units if unit.choice and unit.spots[0].field == i] for i in fields]
    target = max(least, round(board.scene.severity * sum(free[i] for i in fields) / len(fields)))
    drawn = [_fill(each, target, board, pick, rng) for each in of_field]
    fewest = min(map(len, drawn))
    return [step for each in drawn for step in each[:fewest]]


def _fill(units: Sequence[Unit], target: int, board: Board, pick: Pick, rng: Random) -> list[Step]:
    """Edits of units in random order, round after round, until there are `target` or no unit has room for another."""
    steps: list[Step] = []
    laid = lay(steps)
    while size(steps) < target:
        before = len(steps)
        for unit in rng.sample(units, len(units)):
            step = pick(board, unit, laid, rng)
            if step:
                steps.append(step)
                for spot, rewrite in step:
                    laid[spot.field, spot.run].append(rewrite)
            if size(steps) >= target:
                break
        if len(steps) == before:
            break
    return steps


def _pick_listed(edits: Sequence[LetterEdit], board: Board, unit: Unit, laid: Laid, rng: Random) -> Step | None:
    return pick_one(board, board.options(unit, edits, laid), rng)


def pick_one(board: Board, options: Sequence[Step], rng: Random) -> Step | None:
    """The first of some options in random order that the tokenizer tells apart."""
    tries = rng.sample(options, min(len(options), 1 + REDRAWS))
    return next((step for step in tries if board.survives(step)), None)


def _pick_drawn(exchanges: Sequence[Exchange], board: Board, unit: Unit, laid: Laid, rng: Random) -> Step | None:
    sound = 0
    for _ in range(DRAWS):
        exchange = exchanges[0] if len(exchanges) == 1 else rng.choice(exchanges)
        step = exchange.draw(board, unit, rng)
        if step is None or not board.sound(step, laid):
            continue
        if board.survives(step):
            return step
        sound += 1
        if sound > REDRAWS:
            break
    return None


def _choices_differ(board: Board, texts: dict[str, Edited]) -> bool:
    """Whether choices that were different still are."""
    fields = [sheet.field for sheet in board.sheets if sheet.field.group == CHOICES]
    after = {texts[f.name].text if f.name in texts else f.text for f in fields}
    return len(after) == len({f.text for f in fields})
