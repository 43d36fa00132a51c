"""Word importance ranking: the words whose absence costs the margin most are misspelt first, while it falls."""

from __future__ import annotations

from collections.abc import Generator
from random import Random

from adaptstilts.attacks.algorithms.candidates import blocks, candidates, most
from adaptstilts.attacks.algorithms.rounds import Proposal, trial
from adaptstilts.attacks.edits.board import Board, Step, size


def ranked(board: Board, clean: float, rng: Random) -> Generator[list[Proposal], list[float], tuple[float, list[Step]]]:
    """Rank words by the margin without them, then keep the best edit of each in that order if the margin falls.

    As TextAttack's GreedyWordSwapWIR, in blocks of words where there are many. The lowest margin and the edits behind it.
    """
    margin, laid = clean, list[Step]()
    for block in blocks(board, rng):
        without = yield [Proposal(board.masked(word), 0, probe=True) for word in block]
        for _, word in sorted(zip(without, block, strict=True), key=lambda pair: pair[0]):
            tried = candidates(board, word, laid, rng)
            if not tried:
                continue
            margins = yield [trial(board, steps) for steps in tried]
            best = min(range(len(margins)), key=margins.__getitem__)
            if margins[best] < margin:
                margin, laid = margins[best], tried[best]
            if size(laid) >= most(board):
                return margin, laid
    return margin, laid
