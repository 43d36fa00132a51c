"""Gradient-ranked misspellings: greedy's climbs, with the exchanges that the gradient says to be steepest in place of drawn ones."""

from collections.abc import Generator
from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.algorithms.candidates import reach
from adaptstilts.attacks.algorithms.hill_climbing import Edits, Hill
from adaptstilts.attacks.algorithms.rounds import Look, Rounds, by_walking
from adaptstilts.attacks.attack import Lean
from adaptstilts.attacks.edits.board import Board, Step

DRAWN = 4
"""Exchanges looked at for each that is asked about."""


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Climbs from words misspelt together, each dozen the steepest of four dozens: a look at a text is a query, once."""

    def steepest(laid: Edits, texts: list[Edits], count: int) -> Generator[Look, list[Lean], list[list[Step]]]:
        leaning = yield Look(board.row_with(laid), [board.row_with(steps) for steps in texts])
        return [texts[i] for i in sorted(range(len(texts)), key=lambda i: leaning[i].slope)][:count]

    yield from Hill(board, rng, steepest, DRAWN).on()


attack = Attack(
    name="gradient",
    summary="greedy's climbs along the gradient: a backward pass ranks the exchanges, the steepest are checked (white box)",
    family="white",
    search=by_walking(walk, reach),
    citation="Ebrahimi et al. 2018 (HotFlip); Wallace et al. 2019",
    version=2,
)
