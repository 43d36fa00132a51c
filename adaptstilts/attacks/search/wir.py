"""Greedy search by word importance as TextAttack does it: the words the victim needs most are misspelt first, in one pass."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.algorithms.candidates import reach
from adaptstilts.attacks.algorithms.rounds import Rounds, by_walking
from adaptstilts.attacks.algorithms.word_importance import ranked
from adaptstilts.attacks.edits.board import Board


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """One ranked pass; what it leaves of the budget is not spent."""
    yield from ranked(board, clean, rng)


attack = Attack(
    name="wir",
    summary="the words that the model needs most are misspelt first, in one pass, as TextAttack does it (black box)",
    family="search",
    search=by_walking(walk, reach),
    citation="Jin et al. 2020 (word importance ranking); Gao et al. 2018 (edits); Morris et al. 2020 (TextAttack)",
)
