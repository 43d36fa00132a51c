"""The engine of searches: all rows advance together, one call of the victim a round, each row under its own budget.

A search is a *walk*: a generator that yields trials and is sent their margins. It knows nothing of budgets, batches
or other rows, so what it asks first is the same under every budget, and a larger budget can only find a lower margin.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from random import Random
from typing import Any, NamedTuple, cast

from adaptstilts.attacks.attack import Attacked, Outcome, Scene, Search, Victim, WhiteBox
from adaptstilts.attacks.edits.board import Board, Step, size
from adaptstilts.rows import Row


class Proposal(NamedTuple):
    """A row to ask about: after `edits` grapheme edits, or a `probe` that only guides and is never a result."""

    row: Row
    edits: int
    probe: bool = False


def trial(board: Board, steps: Sequence[Step]) -> Proposal:
    """The row after some edits, to be asked about."""
    return Proposal(board.row_with(steps), size(steps))


class Look(NamedTuple):
    """How a row leans towards some of its variants: for a white box, and one query however often the row is looked at."""

    row: Row
    variants: list[Row]


Rounds = Generator[list[Proposal] | Look, list[Any], None]
Walk = Callable[[Board, float, Random], Rounds]
"""Of a row laid out, its clean margin and its generator: rounds of trials, to which margins are sent, or a look, to
which leanings are. May compare margins and leanings of its row, nothing else, so that scaling logits changes no choice."""

Reach = Callable[[Board, Random], bool]
"""Whether the search has any candidate for a row; asked before the victim is, so that coverage is no model's merit."""


def by_walking(walk: Walk, reach: Reach) -> Search:
    """A search over letter edits outside the choices: those want equally many edits, one at a time gives others."""
    return partial(_search, walk, reach)


def _search(
    walk: Walk, reach: Reach, rows: Sequence[Row], scene: Scene, victim: Victim, budget: int, rngs: Sequence[Random]
) -> list[Attacked]:
    boards = [Board(row, scene, tiled=True, choices=False) for row in rows]
    pairs = zip(boards, rngs, strict=True)
    hunts = [_Hunt(board, walk, rng, budget) if reach(board, rng) else None for board, rng in pairs]
    active = [hunt for hunt in hunts if hunt]
    while active:
        _ask(victim, active)
        active = [hunt for hunt in active if not hunt.over]
    return [
        hunt.result() if hunt else Attacked(row, "noop", 0, 0.0, **board.counts())
        for row, board, hunt in zip(rows, boards, hunts, strict=True)
    ]


def _ask(victim: Victim, hunts: Iterable[_Hunt]) -> None:
    """One call of the victim with every row that some hunt asks about and does not remember, and one with every look."""
    looking = [(hunt, hunt.wanted) for hunt in hunts if isinstance(hunt.wanted, Look)]
    asking = [(hunt, hunt.unknown()) for hunt in hunts if not isinstance(hunt.wanted, Look)]
    batch = [row for _, rows in asking for row in rows]
    margins = iter(victim.margins(batch) if batch else ())
    leanings = cast("WhiteBox", victim).leanings([(look.row, look.variants) for _, look in looking]) if looking else ()
    for hunt, rows in asking:
        hunt.answer({row: next(margins) for row in rows})
    for (hunt, look), found in zip(looking, leanings, strict=True):
        hunt.looked_at(look.row, found)


class _Hunt:
    """The search on one row: what it asks now, what it remembers, its lowest margin and how much budget is left."""

    def __init__(self, board: Board, walk: Walk, rng: Random, budget: int) -> None:
        self.board, self.walk, self.rng, self.left = board, walk, rng, budget
        self.budget = budget
        self.memory: dict[Row, float] = {}
        self.seen: set[Row] = set()
        self.rounds: Rounds | None = None
        self.best, self.margin = Proposal(board.row_with(()), 0), float("inf")
        self.over = self.wrong = False
        self.goal_at = 0
        self.wanted: list[Proposal] | Look = [self.best]

    def unknown(self) -> list[Row]:
        trials = cast("list[Proposal]", self.wanted)
        return [row for row in dict.fromkeys(trial.row for trial in trials) if row not in self.memory]

    def answer(self, fresh: dict[Row, float]) -> None:
        """Take the margins of the rows asked about and plan the next round, or end the hunt."""
        self.memory.update(fresh)
        trials = cast("list[Proposal]", self.wanted)
        margins = [self.memory[trial.row] for trial in trials]
        for number, (trial, margin) in enumerate(zip(trials, margins, strict=True), 1):
            if not trial.probe and margin < self.margin:
                if margin < 0 <= self.margin:
                    self.goal_at = self.budget - self.left + number
                self.best, self.margin = trial, margin
        self.left -= len(margins)
        self.wrong = self.rounds is None and self.margin < 0
        self._go_on(margins)

    def looked_at(self, row: Row, leanings: list[Any]) -> None:
        """Take what a look at a row found, for one query if it is the first."""
        self.left -= row not in self.seen
        self.seen.add(row)
        self._go_on(leanings)

    def _go_on(self, found: list[Any]) -> None:
        if self.margin < 0 or self.left == 0:
            self.over = True
            return
        try:
            wanted = self._next(found)
        except StopIteration:
            self.over = True
        else:
            self.wanted = wanted if isinstance(wanted, Look) else wanted[: self.left]

    def _next(self, found: list[Any]) -> list[Proposal] | Look:
        if self.rounds is None:
            self.rounds = self.walk(self.board, found[0], self.rng)
            return next(self.rounds)
        return self.rounds.send(found)

    def result(self) -> Attacked:
        queries = self.budget - self.left
        outcome: Outcome = "wrong" if self.wrong else "edited" if self.best.edits else "held"
        row = self.best.row if outcome == "edited" else self.board.row
        rate = self.best.edits / self.board.editable
        return Attacked(row, outcome, self.best.edits, rate, queries, goal_at=self.goal_at, **self.board.counts())
