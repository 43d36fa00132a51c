"""Beam search by word importance: greedy's words and candidates, with the four best texts kept instead of one."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.board import Board, Step, size
from adaptstilts.attacks.candidates import blocks, candidates, most, reach
from adaptstilts.attacks.searching import Rounds, Trial, by_walking

WIDTH = 4
"""Texts in the beam, the unedited one among them: other words may do better without the first one's edit."""


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Each word in turn is edited in every text of the beam; the best with an edit to spare stay, and the unedited one."""
    start = (clean, list[Step]())
    best: list[tuple[float, list[Step]]] = []
    for block in blocks(board, rng):
        without = yield [Trial(board.masked(word), 0, probe=True) for word in block]
        for _, word in sorted(zip(without, block, strict=True), key=lambda pair: pair[0]):
            tried = [steps for _, laid in (start, *best) for steps in candidates(board, word, laid, rng)]
            if not tried:
                continue
            margins = yield [Trial(board.row_with(steps), size(steps)) for steps in tried]
            found = [(margin, steps) for margin, steps in zip(margins, tried, strict=True) if size(steps) < most(board)]
            best = sorted([*best, *found], key=lambda pair: pair[0])[: WIDTH - 1]


attack = Attack(
    name="beam",
    summary="as greedy, with the four best texts kept from word to word (black box)",
    family="search",
    needs=frozenset({"letters"}),
    search=by_walking(walk, reach),
    citation="Yoo et al. 2020 (search methods compared); Tan & Joty 2021 (beams under attack)",
)
