"""Random search: edits drawn from greedy's candidates without looking, the floor under every other search."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.algorithms.candidates import TRIED, candidates, most, reach
from adaptstilts.attacks.algorithms.rounds import Rounds, by_walking, trial
from adaptstilts.attacks.edits.board import Board, Step, size


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Texts with one to as many edits as are allowed, a dozen at a time, until a dozen brings nothing new."""
    seen: set[frozenset[Step]] = set()
    while True:
        drawn = {frozenset(steps): steps for _ in range(TRIED) if (steps := _draw(board, rng))}
        fresh = [steps for key, steps in drawn.items() if key not in seen]
        if not fresh:
            return
        seen.update(drawn)
        yield [trial(board, steps) for steps in fresh]


def _draw(board: Board, rng: Random) -> list[Step]:
    wanted, laid = rng.randint(1, most(board)), list[Step]()
    for word in rng.sample(board.units, len(board.units)):
        tried = candidates(board, word, laid, rng)
        laid = tried[0] if tried else laid
        if size(laid) >= wanted:
            break
    return laid


attack = Attack(
    name="random",
    summary="edits drawn at random from greedy's candidates: the floor under the other searches (black box)",
    family="search",
    search=by_walking(walk, reach),
    citation="Yoo et al. 2020; Carlini et al. 2019 (a search must beat random)",
)
