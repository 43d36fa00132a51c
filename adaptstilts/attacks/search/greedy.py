"""Greedy search by word importance: the words the victim needs most are misspelt first, while the margin falls."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.board import Board, Step, Unit, lay, size
from adaptstilts.attacks.searching import Rounds, Trial, by_walking
from adaptstilts.attacks.static.drop import drops
from adaptstilts.attacks.static.swap import swaps

EDITS = (swaps, drops)
TRIED = 12
"""Candidates of a word that are asked about."""
RANKED = 24
"""Words ranked at a time: in a long passage, ranking them all would spend the budget before the first edit."""
SHARE = 0.15
"""Share of the words that may be edited, each once; one word in any case."""


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Rank words by the margin without them, then keep the best edit of each in that order if the margin falls."""
    margin, laid = clean, list[Step]()
    words = board.units if len(board.units) <= RANKED else rng.sample(board.units, len(board.units))
    for block in (words[i : i + RANKED] for i in range(0, len(words), RANKED)):
        without = yield [Trial(board.masked(word), 0, probe=True) for word in block]
        for _, word in sorted(zip(without, block, strict=True), key=lambda pair: pair[0]):
            candidates = _candidates(board, word, laid, rng)
            if not candidates:
                continue
            margins = yield [Trial(board.row_with(steps), size(steps)) for steps in candidates]
            best = min(range(len(margins)), key=margins.__getitem__)
            if margins[best] < margin:
                margin, laid = margins[best], candidates[best]
            if size(laid) >= _most(board):
                return


def _candidates(board: Board, word: Unit, laid: list[Step], rng: Random) -> list[list[Step]]:
    if laid and size(laid) + len(word.spots) > _most(board):
        return []
    options = [step for step in board.options(word, EDITS, lay(laid)) if board.survives(step)]
    return [[*laid, step] for step in rng.sample(options, min(TRIED, len(options)))]


def _most(board: Board) -> int:
    return max(1, int(SHARE * board.words))


def reach(board: Board, rng: Random) -> bool:
    return any(_candidates(board, word, [], Random(0)) for word in board.units)


attack = Attack(
    name="greedy",
    summary="words the model needs most are misspelt first, while the margin falls (black box)",
    family="search",
    needs=frozenset({"letters"}),
    search=by_walking(walk, reach),
    citation="Jin et al. 2020 (word importance); Gao et al. 2018 (edits); Morris et al. 2020 (TextAttack)",
)
