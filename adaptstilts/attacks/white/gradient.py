"""Gradient-ranked misspellings: one backward pass ranks words and their edits, the best edits are checked."""

from collections.abc import Generator, Sequence
from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.attack import Lean
from adaptstilts.attacks.board import Board, Step, lay, size
from adaptstilts.attacks.candidates import RANKED, TRIED, candidates, fits, most, reach
from adaptstilts.attacks.searching import Look, Rounds, Trial, by_walking

Edits = Generator[Look, list[Lean], list[list[Step]]]


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """First the steepest edits of several words together, then one at a time, a dozen checked at once.

    To first order slopes add up, so the steepest edit of each of the n steepest words is tried for every n. The best of each
    dozen is followed by further edits while that helps.
    """
    first = yield from _steepest(board, [], rng)
    together = _together(board, first)
    singles = first[1:] if together else first
    for dozen in (together, *(singles[i : i + TRIED] for i in range(0, len(singles), TRIED))):
        margin = clean
        while dozen:
            margins = yield [Trial(board.row_with(steps), size(steps)) for steps in dozen]
            best = min(range(len(margins)), key=margins.__getitem__)
            if margins[best] >= margin:
                break
            margin, laid = margins[best], dozen[best]
            further = yield from _steepest(board, laid, rng)
            dozen = further[:TRIED]


def _steepest(board: Board, laid: list[Step], rng: Random) -> Edits:
    """One more edit of the words with the largest gradient, the steepest fall of the margin first."""
    taken = {spot for step in laid for spot, _ in step}
    words = [word for word in board.units if fits(board, word, laid) and taken.isdisjoint(word.spots)]
    if not words or size(laid) >= most(board):
        return []
    here = board.row_with(laid)
    weighed = yield Look(here, [board.row_with([*laid, board.blank(word.spots)]) for word in words])
    ranked = sorted(zip(weighed, words, strict=True), key=lambda pair: -pair[0].weight)[:RANKED]
    tried = [steps for _, word in ranked for steps in candidates(board, word, laid, rng)]
    if not tried:
        return []
    leaning = yield Look(here, [board.row_with(steps) for steps in tried])
    return [tried[i] for i in sorted(range(len(tried)), key=lambda i: leaning[i].slope)]


def _together(board: Board, edits: Sequence[list[Step]]) -> list[list[Step]]:
    """The steepest edits of one, two, three ... words, as many as may be edited."""
    found: list[list[Step]] = []
    laid: list[Step] = []
    for (step,) in edits:
        taken = {spot for other in laid for spot, _ in other}
        fitting = not laid or size(laid) + len(step) <= most(board)
        if fitting and taken.isdisjoint(spot for spot, _ in step) and board.sound(step, lay(laid)):
            laid = [*laid, step]
            found.append(laid)
    return found[:TRIED]


attack = Attack(
    name="gradient",
    summary="one backward pass ranks words and their edits, the best are checked (white box)",
    family="white",
    needs=frozenset({"letters"}),
    search=by_walking(walk, reach),
    citation="Ebrahimi et al. 2018 (HotFlip); Wallace et al. 2019",
)
