"""Charmer: places in the text are screened with one letter, then every letter of the language is tried at the best ones."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from random import Random

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.algorithms.candidates import fits, most
from adaptstilts.attacks.algorithms.rounds import Rounds, by_walking, trial
from adaptstilts.attacks.edits.board import Board, Step, Unit, Word, lay, size
from adaptstilts.attacks.edits.rewrites import drops
from adaptstilts.attacks.text.graphemes import Rewrite, runs

LETTERS = 40
"""Letters of the language that are tried."""
SCREENED = 60
"""Places screened for each edit; in a longer text they are drawn."""
KEPT = 20
"""Places at which every letter is tried, the most promising first."""
EDITS = 10
"""The most edits of a text."""

Place = tuple[int, int]
"""Counted from the start of a word: the letter between, or none where one may be written."""


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Edit after edit, the best letter at the best place, in a word not edited yet, while the margin falls."""
    letters, margin, laid = _letters(board), clean, list[Step]()
    words, most_edits = list(board.units), min(EDITS, most(board))
    while words:
        tests = [(word, _tests(board, word, laid, letters)) for word in words]
        places = [(word, place, step) for word, found in tests for place, step in found.items()]
        if not places:
            return
        drawn = places if len(places) <= SCREENED else rng.sample(places, SCREENED)
        screened = yield [trial(board, [*laid, step]) for _, _, step in drawn]
        order = sorted(range(len(drawn)), key=screened.__getitem__)[:KEPT]
        best: tuple[float, Unit | None, list[Step]] = (margin, None, laid)
        for i in order:
            word, place, test = drawn[i]
            tried = [[*laid, step] for step in _options(board, word, laid, letters, place) if step != test]
            margins = (yield [trial(board, steps) for steps in tried]) if tried else []
            lowest, steps = min(
                zip([screened[i], *margins], [[*laid, test], *tried], strict=True), key=lambda pair: pair[0]
            )
            if lowest < best[0]:
                best = (lowest, word, steps)
        margin, edited, laid = best
        if edited is None or size(laid) >= most_edits:
            return
        words.remove(edited)


def _writes(letters: tuple[str, ...], word: Word, free: range, scene: Scene) -> Iterator[Rewrite]:
    """Every letter in the place of another and before it."""
    for i in free:
        for letter in letters:
            if letter != word[i].casefold():
                yield Rewrite(i, i + 1, (letter,))
            yield Rewrite(i, i, (letter,))


def _there(place: Place, letters: tuple[str, ...], word: Word, free: range, scene: Scene) -> Iterator[Rewrite]:
    """Every letter at one place, and a deletion if there is a letter."""
    changes = (*_writes(letters, word, free, scene), *drops(word, free, scene))
    return (change for change in changes if (change.start, change.end) == place)


def _tests(board: Board, word: Unit, laid: list[Step], letters: tuple[str, ...]) -> dict[Place, Step]:
    """One edit for each place of a word that may be edited: its first letter that survives, or a deletion."""
    found: dict[Place, Step] = {}
    if fits(board, word, laid):
        for step in board.options(word, (partial(_writes, letters[:2]), drops), lay(laid)):
            spot, rewrite = step[0]
            place = rewrite.start - spot.start, rewrite.end - spot.start
            if place not in found and board.survives(step):
                found[place] = step
    return found


def _options(board: Board, word: Unit, laid: list[Step], letters: tuple[str, ...], place: Place) -> list[Step]:
    edit = partial(_there, place, letters)
    return [step for step in board.options(word, (edit,), lay(laid)) if board.survives(step)]


def _letters(board: Board) -> tuple[str, ...]:
    """The language's commonest letters, or the row's own where no one counted them."""
    if board.scene.letters:
        return board.scene.letters[:LETTERS]
    pieces = [[piece.casefold() for piece in sheet.pieces] for sheet in board.sheets]
    counts = Counter(piece for text in pieces for run in runs(text) for piece in text[run.start : run.end])
    return tuple(letter for letter, _ in counts.most_common(LETTERS))


def reach(board: Board, rng: Random) -> bool:
    return any(_tests(board, word, [], _letters(board)) for word in board.units)


attack = Attack(
    name="charmer",
    summary="places are screened with one letter, then every letter is tried at the best ones (black box)",
    family="search",
    search=by_walking(walk, reach),
    citation="Abad Rocamora et al. 2024 (Charmer); Pruthi et al. 2019 (one edit a word)",
)
