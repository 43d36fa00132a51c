"""The candidates that searches share: the edits of a word that are tried, and how many words may be edited."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from adaptstilts.attacks.edits.board import Board, LetterEdit, Step, Unit, lay, size
from adaptstilts.attacks.edits.rewrites import drops, swaps

EDITS: tuple[LetterEdit, ...] = (swaps, drops)
TRIED = 12
"""Candidates of a word that are asked about."""
RANKED = 24
"""Words ranked at a time: in a long passage, ranking them all would spend the budget before the first edit."""


def most(board: Board) -> int:
    """How many edits a search may make: the scene's share of the words, each once; one in any case."""
    return max(1, int(board.scene.share * board.words))


def candidates(board: Board, word: Unit, laid: list[Step], rng: Random) -> list[list[Step]]:
    """The edits laid so far and one more of a word, at most TRIED of those that the tokenizer tells apart."""
    if not fits(board, word, laid):
        return []
    standing = lay(laid)
    options = [step for step in _edits(board, word) if board.sound(step, standing) and board.survives(step)]
    return [[*laid, step] for step in rng.sample(options, min(TRIED, len(options)))]


def _edits(board: Board, word: Unit) -> list[Step]:
    """Every edit of a word, sound or not; a search comes back to a word many times."""
    if word not in board.listed:
        board.listed[word] = board.changes(word, EDITS)
    return board.listed[word]


def fits(board: Board, word: Unit, laid: Sequence[Step]) -> bool:
    """Whether a word may be edited beside those laid; the first always may, at as many places as it stands."""
    return not laid or size(laid) + len(word.spots) <= most(board)


def blocks(board: Board, rng: Random) -> list[list[Unit]]:
    """The words, RANKED at a time: in order where that is all of them, else drawn."""
    words = board.units if len(board.units) <= RANKED else rng.sample(board.units, len(board.units))
    return [words[i : i + RANKED] for i in range(0, len(words), RANKED)]


def reach(board: Board, rng: Random) -> bool:
    """Whether any word has a candidate."""
    return any(candidates(board, word, [], Random(0)) for word in board.units)
