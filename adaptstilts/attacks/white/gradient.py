"""Gradient-ranked misspellings: one backward pass ranks words and their edits, the best edits are checked."""

from random import Random
from typing import cast

from adaptstilts.attacks import Attack
from adaptstilts.attacks.attack import Lean
from adaptstilts.attacks.board import Board, Step, Unit, size
from adaptstilts.attacks.candidates import RANKED, TRIED, candidates, fits, most, reach
from adaptstilts.attacks.searching import Look, Rounds, Trial, by_walking


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Edit after edit: the words with the largest gradient, their edits with the steepest slope, a dozen checked at a time."""
    margin, laid, words = clean, list[Step](), list(board.units)
    while words and size(laid) < most(board):
        here = board.row_with(laid)
        open_words = [word for word in words if fits(board, word, laid)]
        weighed = yield Look(here, [board.row_with([*laid, board.blank(word.spots)]) for word in open_words])
        ranked = sorted(zip(weighed, open_words, strict=True), key=lambda pair: -cast("Lean", pair[0]).weight)
        tried = [(steps, word) for _, word in ranked[:RANKED] for steps in candidates(board, word, laid, rng)]
        if not tried:
            return
        leaning = yield Look(here, [board.row_with(steps) for steps, _ in tried])
        order = sorted(range(len(tried)), key=lambda i: cast("Lean", leaning[i]).slope)
        edited: Unit | None = None
        for start in range(0, len(order), TRIED):
            part = [tried[i] for i in order[start : start + TRIED]]
            margins = yield [Trial(board.row_with(steps), size(steps)) for steps, _ in part]
            best = min(range(len(margins)), key=margins.__getitem__)
            if margins[best] < margin:
                margin, (laid, edited) = margins[best], part[best]
                break
        if edited is None:
            return
        words.remove(edited)


attack = Attack(
    name="gradient",
    summary="one backward pass ranks words and their edits, the best are checked (white box)",
    family="white",
    needs=frozenset({"letters"}),
    search=by_walking(walk, reach),
    citation="Ebrahimi et al. 2018 (HotFlip); Wallace et al. 2019",
)
