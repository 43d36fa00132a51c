"""Letters come decomposed, as some keyboards and file systems write them: canonically the same text, and other ids by a fast tokenizer.

XLM-R's fast tokenizer breaks it (issue 2116 of `tokenizers`); SentencePiece does not, nor what reads all other rows here. So its
rows are read by the fast tokenizer as published: the cost is that of using it on such text.
"""

import unicodedata
from collections.abc import Iterator
from random import Random

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.board import Board, Laid, Step, Unit, clear
from adaptstilts.attacks.edits.letters import driven, pick_one, yielding
from adaptstilts.attacks.text.graphemes import Rewrite


def decompositions(word: tuple[str, ...], free: range, scene: Scene) -> Iterator[Rewrite]:
    """Every canonical decomposition of one cluster, those at the word's ends too: no reader sees any."""
    for i, piece in enumerate(word):
        apart = unicodedata.normalize("NFD", piece)
        if apart != piece:
            yield Rewrite(i, i + 1, (apart,))


def pick(board: Board, unit: Unit, laid: Laid, rng: Random) -> Step | None:
    """One more cluster; the result is well-formed but for not being in NFC, which is the point."""
    return pick_one(board, [step for step in board.changes(unit, [decompositions]) if clear(step, laid)], rng)


attack = Attack(
    name="nfd",
    summary="letters are decomposed, which breaks them for the fast tokenizer as published, and not for SentencePiece or this software",
    family="static",
    published=True,
    perturb=driven(pick, lambda board: yielding(board, decompositions)),
    citation="Unicode Standard Annex 15 (canonical equivalence)",
)
