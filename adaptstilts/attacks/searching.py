"""The engine of searches: all rows advance together, one call of the victim a round, each row under its own budget.

A search is a *walk*: a generator that yields trials and is sent their margins. It knows nothing of budgets, batches
or other rows, so what it asks first is the same under every budget, and a larger budget can only find a lower margin.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from random import Random
from typing import NamedTuple

from adaptstilts.attacks.attack import Attacked, Outcome, Scene, Search, Victim
from adaptstilts.attacks.board import Board
from adaptstilts.errors import InputError
from adaptstilts.rows import Row


class Trial(NamedTuple):
    """A row to ask about: after `edits` grapheme edits, or a `probe` that only guides and is never a result."""

    row: Row
    edits: int
    probe: bool = False


Rounds = Generator[list[Trial], list[float], None]
Walk = Callable[[Board, float, Random], Rounds]
"""Of a row laid out, its clean margin and its generator: rounds of trials. May compare margins of its row, nothing
else, so that scaling logits changes no choice."""

Reach = Callable[[Board, Random], bool]
"""Whether the search has any candidate for a row; asked before the victim is, so that coverage is no model's merit."""


def by_walking(walk: Walk, reach: Reach) -> Search:
    """A search over letter edits outside the choices: those want equally many edits, one at a time gives others."""
    return partial(_search, walk, reach)


def _search(
    walk: Walk, reach: Reach, rows: Sequence[Row], scene: Scene, victim: Victim, budget: int, rngs: Sequence[Random]
) -> list[Attacked]:
    if budget < 1:
        raise InputError(f"a search cannot do with a budget of {budget}", do="Give it one query or more.")
    boards = [Board(row, scene, tiled=True, choices=False) for row in rows]
    pairs = zip(boards, rngs, strict=True)
    hunts = [_Hunt(board, walk, rng, budget) if reach(board, rng) else None for board, rng in pairs]
    active = [hunt for hunt in hunts if hunt]
    while active:
        _ask(victim, active)
        active = [hunt for hunt in active if not hunt.over]
    return [hunt.result() if hunt else Attacked(row, "noop", 0, 0.0) for row, hunt in zip(rows, hunts, strict=True)]


def _ask(victim: Victim, hunts: Iterable[_Hunt]) -> None:
    """One call of the victim with every row that some hunt asks about and does not remember."""
    asking = [(hunt, hunt.unknown()) for hunt in hunts]
    batch = [row for _, rows in asking for row in rows]
    margins = iter(victim.margins(batch) if batch else ())
    for hunt, rows in asking:
        hunt.answer({row: next(margins) for row in rows})


class _Hunt:
    """The search on one row: what it asks now, what it remembers, its lowest margin and how much budget is left."""

    def __init__(self, board: Board, walk: Walk, rng: Random, budget: int) -> None:
        self.board, self.walk, self.rng, self.left = board, walk, rng, budget
        self.budget = budget
        self.memory: dict[Row, float] = {}
        self.rounds: Rounds | None = None
        self.best, self.margin = Trial(board.row_with(()), 0), float("inf")
        self.over = self.wrong = False
        self._plan([self.best])

    def _plan(self, trials: list[Trial]) -> None:
        self.wanted = trials[: self.left]

    def unknown(self) -> list[Row]:
        return [row for row in dict.fromkeys(trial.row for trial in self.wanted) if row not in self.memory]

    def answer(self, fresh: dict[Row, float]) -> None:
        """Take the margins of the rows asked about and plan the next round, or end the hunt."""
        self.memory.update(fresh)
        margins = [self.memory[trial.row] for trial in self.wanted]
        self.left -= len(margins)
        for trial, margin in zip(self.wanted, margins, strict=True):
            if not trial.probe and margin < self.margin:
                self.best, self.margin = trial, margin
        self.wrong = self.rounds is None and self.margin < 0
        if self.margin < 0 or self.left == 0:
            self.over = True
            return
        try:
            self._plan(self._next(margins))
        except StopIteration:
            self.over = True

    def _next(self, margins: list[float]) -> list[Trial]:
        if self.rounds is None:
            self.rounds = self.walk(self.board, margins[0], self.rng)
            return next(self.rounds)
        return self.rounds.send(margins)

    def result(self) -> Attacked:
        queries = self.budget - self.left
        outcome: Outcome = "wrong" if self.wrong else "edited" if self.best.edits else "held"
        row = self.best.row if outcome == "edited" else self.board.row
        return Attacked(row, outcome, self.best.edits, self.best.edits / self.board.editable, queries)
