"""Greedy search by word importance: the words the victim needs most are misspelt first, while the margin falls."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.board import Board, Step, size
from adaptstilts.attacks.candidates import blocks, candidates, most, reach
from adaptstilts.attacks.searching import Rounds, Trial, by_walking


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Rank words by the margin without them, then keep the best edit of each in that order if the margin falls."""
    margin, laid = clean, list[Step]()
    for block in blocks(board, rng):
        without = yield [Trial(board.masked(word), 0, probe=True) for word in block]
        for _, word in sorted(zip(without, block, strict=True), key=lambda pair: pair[0]):
            tried = candidates(board, word, laid, rng)
            if not tried:
                continue
            margins = yield [Trial(board.row_with(steps), size(steps)) for steps in tried]
            best = min(range(len(margins)), key=margins.__getitem__)
            if margins[best] < margin:
                margin, laid = margins[best], tried[best]
            if size(laid) >= most(board):
                return


attack = Attack(
    name="greedy",
    summary="words the model needs most are misspelt first, while the margin falls (black box)",
    family="search",
    needs=frozenset({"letters"}),
    search=by_walking(walk, reach),
    citation="Jin et al. 2020 (word importance); Gao et al. 2018 (edits); Morris et al. 2020 (TextAttack)",
)
