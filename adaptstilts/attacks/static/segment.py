"""A blank goes, so that two words are one, or comes where a word had none."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.board import Board, Spot, Unit
from adaptstilts.attacks.edits.editable import CHOICES, EditableField
from adaptstilts.attacks.edits.letters import by_letters_of
from adaptstilts.attacks.text.graphemes import Rewrite, Run
from adaptstilts.attacks.text.scripts import manner_of


def spacings(word: tuple[str, ...], free: range, scene: Scene) -> Iterator[Rewrite]:
    """Of two words the blank between them left out; of one every split, but for those into two known words."""
    if " " in word:
        yield Rewrite(word.index(" "), word.index(" ") + 1, ())
        return
    for i in free:
        parts = {"".join(word[:i]).casefold(), "".join(word[i:]).casefold()}
        if i > 0 and not parts <= scene.words:
            yield Rewrite(i, i, (" ",))


def spaced(board: Board) -> Sequence[Unit]:
    """The words of a row and its pairs of neighbouring words, of which the same pair in fields edited alike is one."""
    found: list[Unit] = []
    alike: defaultdict[tuple[str, ...], list[Spot]] = defaultdict(list)
    single = {(spot.field, spot.run) for unit in board.units for spot in unit.spots}
    locked = set[tuple[str, ...]]()
    for index, sheet in enumerate(board.sheets):
        group = sheet.field.group
        for spot, runs in _pairs(index, sheet):
            key = (group, *(piece.casefold() for piece in board.word(spot)))
            if any((index, run) not in single for run in runs) or any(sheet.locked[spot.start : spot.end]):
                locked.add(key)
            elif group in ("", CHOICES):
                found.append(Unit((spot,), choice=group == CHOICES))
            else:
                alike[key].append(spot)
    return [*board.units, *found, *(Unit(tuple(spots)) for key, spots in alike.items() if key not in locked)]


def _pairs(index: int, sheet: EditableField) -> Iterator[tuple[Spot, tuple[Run, Run]]]:
    for one, other in zip(sheet.runs, sheet.runs[1:], strict=False):
        spaced = not (manner_of(one.script).window or manner_of(other.script).window)
        if spaced and sheet.pieces[one.end : other.start] == [" "]:
            yield Spot(index, one.start, other.end, Run(one.start, other.end, one.script)), (one, other)


attack = Attack(
    name="segment",
    summary="a blank between two words is left out, or one comes into a word",
    family="static",
    needs=frozenset({"spaces"}),
    perturb=by_letters_of(spaced, spacings),
    citation="Eger & Benz 2020 (Zeroé); Li et al. 2019 (TextBugger)",
)
