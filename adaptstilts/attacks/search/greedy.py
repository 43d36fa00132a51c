"""Greedy search under a budget: words misspelt together, then by importance, then exchanged one by one, until it is spent."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.algorithms.candidates import reach
from adaptstilts.attacks.algorithms.hill_climbing import Hill
from adaptstilts.attacks.algorithms.rounds import Rounds, by_walking
from adaptstilts.attacks.algorithms.word_importance import ranked
from adaptstilts.attacks.edits.board import Board


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """A climb from texts at full strength, then one from where a ranked pass ends, then from new texts while there are any.

    The pass is that of `wir`; it comes second, so that a small budget is not spent on ranking.
    """
    hill = Hill(board, rng)
    yield from hill.anew(patience=1)
    margin, laid = yield from ranked(board, clean, rng)
    if laid:
        yield from hill.climb((margin, laid))
    yield from hill.on()


attack = Attack(
    name="greedy",
    summary="misspelt words are exchanged for worse ones while the margin falls, from many starts, importance among them (black box)",
    family="search",
    search=by_walking(walk, reach),
    citation="Jin et al. 2020 (word importance); Gao et al. 2018 (edits); Andriushchenko et al. 2020 (random search that keeps what helps)",
    version=2,
)
