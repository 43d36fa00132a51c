"""Beam search: as greedy climbs, with the four best texts kept and exchanged in turn instead of one."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.algorithms.candidates import TRIED, reach
from adaptstilts.attacks.algorithms.hill_climbing import PATIENCE, Hill
from adaptstilts.attacks.algorithms.rounds import Rounds, by_walking
from adaptstilts.attacks.edits.board import Board

WIDTH = 4
"""Texts in the beam."""


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """From the best of words misspelt together, exchanges of each text in the beam; the best of all stay, until none is new."""
    hill = Hill(board, rng)
    while texts := hill.openings():
        best = (yield from hill.ask(texts))[:WIDTH]
        failed = 0
        while failed < PATIENCE:
            tried = {frozenset(steps): steps for _, laid in best for steps in hill.exchanges(laid, TRIED // len(best))}
            if not tried:
                break
            found = yield from hill.ask(list(tried.values()))
            failed = 0 if found[0][0] < best[0][0] else failed + 1
            best = sorted([*best, *found], key=lambda pair: pair[0])[:WIDTH]


attack = Attack(
    name="beam",
    summary="as greedy climbs, with the four best texts kept from round to round (black box)",
    family="search",
    search=by_walking(walk, reach),
    citation="Yoo et al. 2020 (search methods compared); Tan & Joty 2021 (beams under attack)",
    version=2,
)
