"""Beam search by word importance: greedy's words and candidates, with the four best texts kept instead of one."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.board import Board, Step, size
from adaptstilts.attacks.candidates import blocks, candidates, reach
from adaptstilts.attacks.searching import Rounds, Trial, by_walking

WIDTH = 4


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Each word in turn is edited in every text of the beam; the best stay, those without the word's edit included."""
    beam: list[tuple[float, list[Step]]] = [(clean, [])]
    for block in blocks(board, rng):
        without = yield [Trial(board.masked(word), 0, probe=True) for word in block]
        for _, word in sorted(zip(without, block, strict=True), key=lambda pair: pair[0]):
            tried = [steps for _, laid in beam for steps in candidates(board, word, laid, rng)]
            if not tried:
                continue
            margins = yield [Trial(board.row_with(steps), size(steps)) for steps in tried]
            found = [*beam, *zip(margins, tried, strict=True)]
            beam = sorted(found, key=lambda pair: pair[0])[:WIDTH]


attack = Attack(
    name="beam",
    summary="as greedy, with the four best texts kept from word to word (black box)",
    family="search",
    needs=frozenset({"letters"}),
    search=by_walking(walk, reach),
    citation="Yoo et al. 2020 (search methods compared); Tan & Joty 2021 (beams under attack)",
)
