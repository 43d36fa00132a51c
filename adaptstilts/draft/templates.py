"""Declarations that work as they are, to be changed: an attack, a composition."""

from __future__ import annotations

ATTACKS = {
    "static": '''"""An attack of one's own: what it does to a word, in one sentence."""

from collections.abc import Iterator

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.letters import by_letters
from adaptstilts.attacks.text.graphemes import Rewrite


def rewrites(word: tuple[str, ...], free: range, scene: Scene) -> Iterator[Rewrite]:
    """The ways to misspell a word, given as its letters: Rewrite(from, to, new letters). `free` are the places that may change.

    How many are made, protected text, well-formed letters and random numbers are seen to elsewhere.
    """
    for place in free:
        yield Rewrite(place, place + 1, (word[place], word[place]))  # a letter is written twice: put your own rule here


attack = Attack(
    name="NAME",
    summary="an inner letter of a word is written twice",
    family="static",
    needs=frozenset({"letters"}),
    perturb=by_letters(rewrites),
    citation="this file",
)
''',
    "search": '''"""A search of one's own: which misspellings it asks the model about, in one sentence."""

from random import Random

from adaptstilts.attacks import Attack
from adaptstilts.attacks.algorithms.candidates import candidates, reach
from adaptstilts.attacks.algorithms.rounds import Rounds, by_walking, trial
from adaptstilts.attacks.edits.board import Board, Step


def walk(board: Board, clean: float, rng: Random) -> Rounds:
    """Each `yield` asks about some texts and gives their margins; it ends when the budget is spent. The lowest margin counts.

    `board.units` are the words that may be edited, `clean` is the margin of the row as it is.
    """
    best, lowest = list[Step](), clean
    for word in rng.sample(board.units, len(board.units)):  # words in random order: put your own rule here
        tried = candidates(board, word, best, rng)
        if tried:
            margins = yield [trial(board, steps) for steps in tried]
            if min(margins) < lowest:
                lowest, best = min(margins), tried[margins.index(min(margins))]


attack = Attack(
    name="NAME",
    summary="words in random order, each misspelt as hurts most",
    family="search",
    search=by_walking(walk, reach),
    citation="this file",
)
''',
}
"""By family; NAME is the attack's name."""

COMPOSITION = '''"""A composition of one's own: how its adapters are arranged, in one sentence."""

from adaptstilts.compositions import Block, Composition, Fused, Stacked


def arrange(tasks: tuple[str, ...]) -> Block:
    """The adapters' block, made of Stacked, Fused, Averaged, Gated and Merged; the target's adapter comes on top by itself."""
    return Stacked((Fused(tasks[:-1]), tasks[-1]))  # the last one above the fused others: put your own rule here


composition = Composition(
    name="NAME",
    summary="the last adapter above the fused others",
    ordered=True,
    least=2,
    most=None,
    arrange=arrange,
    citation="this file",
)
'''
