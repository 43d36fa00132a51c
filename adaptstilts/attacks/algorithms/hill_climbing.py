"""Hill climbing over letter edits: texts with as many edits as are allowed, exchanged one by one while that lowers the margin."""

from __future__ import annotations

from collections.abc import Callable, Generator
from random import Random
from typing import Any

from adaptstilts.attacks.algorithms.candidates import TRIED, candidates, most
from adaptstilts.attacks.algorithms.rounds import Rounds, trial
from adaptstilts.attacks.edits.board import Board, Spot, Step, Unit, size

PATIENCE = 2
"""Dozens of exchanges in a row without a lower margin after which a text is given up."""

Edits = list[Step]
Best = tuple[float, Edits]
Climb = Generator[Any, list[Any], Best | None]
Choose = Callable[[Edits, list[Edits], int], Generator[Any, list[Any], list[Edits]]]
"""Of a text's edits and some exchanges of them: so many that are to be asked about."""


class Hill:
    """The texts of one row that were asked about, and the ways on from there; no text is asked about twice.

    `drawn` exchanges are drawn for each that is asked about, and `choose` picks among them (None: they are as many as are asked).
    Nothing but comparisons of margins guides it.
    """

    def __init__(self, board: Board, rng: Random, choose: Choose | None = None, drawn: int = 1) -> None:
        self.board, self.rng, self.choose, self.drawn = board, rng, choose, drawn
        self.asked: set[frozenset[Step]] = set()
        self.owner: dict[Spot, Unit] = {spot: unit for unit in board.units for spot in unit.spots}

    def openings(self) -> list[Edits]:
        """Every word misspelt once, in random order, as many together in a text as may be: each a text at full strength."""
        texts: list[Edits] = [[]]
        for word in self.rng.sample(self.board.units, len(self.board.units)):
            if not (found := candidates(self.board, word, texts[-1], self.rng)) and texts[-1]:
                texts.append([])
                found = candidates(self.board, word, [], self.rng)
            texts[-1] = found[0] if found else texts[-1]
            if size(texts[-1]) >= most(self.board):
                texts.append([])
        return [steps for steps in texts if steps and frozenset(steps) not in self.asked]

    def exchanges(self, laid: Edits, count: int) -> list[Edits]:
        """Texts one exchange away: an edit for another of its word, or of a word not edited yet; each word in its turn."""
        found: dict[frozenset[Step], Edits] = {}
        while len(found) < count:
            before = len(found)
            for word in self.rng.sample(self.board.units, len(self.board.units)):
                for steps in candidates(self.board, word, self._without(laid, word), self.rng):
                    if frozenset(steps) not in self.asked and found.setdefault(frozenset(steps), steps) is steps:
                        break
                if len(found) == count:
                    break
            if len(found) == before:
                break
        return list(found.values())

    def ask(self, texts: list[Edits]) -> Generator[Any, list[Any], list[Best]]:
        """The texts with their margins, the lowest first."""
        self.asked.update(map(frozenset, texts))
        margins = yield [trial(self.board, steps) for steps in texts]
        return sorted(zip(margins, texts, strict=True), key=lambda pair: pair[0])

    def climb(self, best: Best, patience: int = PATIENCE) -> Climb:
        """From one text to a better one, the best of a dozen each time; what it ended with."""
        failed = 0
        while failed < patience:
            dozen = self.exchanges(best[1], TRIED * self.drawn)
            if self.choose and dozen:
                dozen = yield from self.choose(best[1], dozen, TRIED)
            if not dozen:
                break
            found, *_ = yield from self.ask(dozen)
            failed = 0 if found[0] < best[0] else failed + 1
            best = min(best, found, key=lambda pair: pair[0])
        return best

    def anew(self, patience: int = PATIENCE) -> Climb:
        """New openings, and a climb from the best of them; None where they bring no new text."""
        texts = self.openings()
        if not texts:
            return None
        best, *_ = yield from self.ask(texts)
        return (yield from self.climb(best, patience))

    def on(self) -> Rounds:
        """Anew and anew, until that brings no new text."""
        while (yield from self.anew()) is not None:
            pass

    def _without(self, laid: Edits, word: Unit) -> Edits:
        """The edits without the word's own, and without so many others, drawn, that the word has room."""
        rest = [step for step in laid if self.owner[step[0][0]] is not word]
        while rest and size(rest) + len(word.spots) > most(self.board):
            rest.remove(self.rng.choice(rest))
        return rest
