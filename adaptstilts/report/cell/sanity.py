"""Whether attacks behaved as attacks must, read from a transfer's records: what would show a masked model or a broken search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from operator import attrgetter
from typing import Any

from adaptstilts.attacks import ATTACKS
from adaptstilts.numerals import percent
from adaptstilts.store.records.record import ScoreRecord

STRONGER = 5.0
"""How many times the cost of Gaussian noise descent of the same norm must have (Carlini et al. 2019 ask that it beats noise)."""
UNBOUNDED = 10.0
"""From this radius on, in mean norms of a word embedding, descent must leave about nothing."""
NOTHING = 0.05
"""What counts as about nothing of a metric."""
SAID = {"yes": "holds", "within error": "holds within two standard errors", "no": "DOES NOT HOLD"}


@dataclass(frozen=True)
class Check:
    """One rule, what was measured for it, and whether it holds: "yes", "within error" of two standard errors, or "no"."""

    rule: str
    found: str
    holds: str

    @property
    def said(self) -> str:
        """The check as one line."""
        return f"{self.rule}: {SAID[self.holds]} ({self.found})"


@dataclass(frozen=True)
class _Run:
    """One attack's robust score (the worse answer of each row), with the clean score, over all languages it reached."""

    name: str
    family: str
    budget: int
    severity: float
    rows: int
    clean: float
    robust: float


def checks(attacked: Sequence[ScoreRecord]) -> tuple[Check, ...]:
    """The rules that these records can say something about (Carlini et al. 2019; Athalye et al. 2018), none where none can.

    White box at most black box at most random search in robust score, at one budget; no higher score with a larger budget,
    radius or severity; descent costs five times what noise of its norm does, and leaves about nothing in a huge ball.
    """
    runs = [run for record in attacked if not record.spec.texts and (run := _run(record))]
    return (*_order(runs), *_monotone(runs), *_noise(runs), *_unbounded(runs))


def _run(record: ScoreRecord) -> _Run | None:
    if not record.attack or record.attack not in ATTACKS:
        return None
    told = [(c.reached, c.clean or 0.0, c.worst_case) for c in record.scores.values() if c.reached]
    cells = [(reached, clean, worst) for reached, clean, worst in told if worst is not None]
    rows = sum(reached for reached, *_ in cells)
    if not rows:
        return None
    clean, robust = (sum(cell[0] * cell[place] for cell in cells) / rows for place in (1, 2))
    attack, spec = ATTACKS.get(record.attack), record.spec
    return _Run(attack.name, attack.family, spec.budget, spec.severity, rows, clean, robust)


def _order(runs: Sequence[_Run]) -> Iterator[Check]:
    """The best of each rank of searches over texts, at equal budget on equally many rows."""
    texts = [run for run in runs if run.family != "static" and not ATTACKS.get(run.name).embeds]
    for (budget, _), found in _grouped(texts, "budget", "rows"):
        ranks = (
            [run for run in found if run.name == "random"],
            [run for run in found if run.family == "search" and run.name != "random"],
            [run for run in found if run.family == "white"],
        )
        best = [min(rank, key=lambda run: run.robust) for rank in ranks if rank]
        if len(best) > 1:
            said = ", ".join(f"{run.name} {percent(run.robust)}" for run in best)
            rule = "random search, black box, white box: each leaves no more than the one before"
            yield Check(rule, f"budget {budget}: {said}", _falls(best))


def _monotone(runs: Sequence[_Run]) -> Iterator[Check]:
    """Of each attack with several budgets, or with several severities, and all else equal."""
    for knob, other in (("budget", "severity"), ("severity", "budget")):
        for (name, *_), found in _grouped(runs, "name", "rows", other):
            line = sorted({getattr(run, knob): run for run in found}.values(), key=attrgetter(knob))
            if len(line) > 1:
                what = "radius" if knob == "severity" and ATTACKS.get(name).embeds else knob
                said = ", ".join(f"{getattr(run, knob):g}: {percent(run.robust)}" for run in line)
                yield Check(f"{name}: a larger {what} leaves no more", said, _falls(line))


def _noise(runs: Sequence[_Run]) -> Iterator[Check]:
    embedded = [run for run in runs if ATTACKS.get(run.name).embeds]
    for (radius, _), found in _grouped(embedded, "severity", "rows"):
        lost = {run.name: run.clean - run.robust for run in found}
        if {"pgd", "gaussian"} <= set(lost):
            holds = "yes" if 0 < lost["pgd"] >= STRONGER * lost["gaussian"] else "no"
            said = f"radius {radius:g}: pgd {percent(lost['pgd'])}, gaussian {percent(lost['gaussian'])}"
            yield Check(f"descent costs at least {STRONGER:g} times what noise of its norm does", said, holds)


def _unbounded(runs: Sequence[_Run]) -> Iterator[Check]:
    for run in runs:
        if run.name == "pgd" and run.severity >= UNBOUNDED:
            holds = "yes" if run.robust <= NOTHING else "no"
            said = f"radius {run.severity:g}: {percent(run.robust)}"
            yield Check("descent in a huge ball leaves about nothing", said, holds)


def _grouped(runs: Sequence[_Run], *names: str) -> list[tuple[tuple[Any, ...], list[_Run]]]:
    found: dict[tuple[Any, ...], list[_Run]] = {}
    for run in runs:
        found.setdefault(tuple(getattr(run, name) for name in names), []).append(run)
    return list(found.items())


def _falls(line: Sequence[_Run]) -> str:
    """Whether robust scores fall, or rise by no more than two standard errors of a difference between two shares of rows."""
    holds = "yes"
    for before, after in pairwise(line):
        error = sqrt(sum(run.robust * (1 - run.robust) / run.rows for run in (before, after)))
        if after.robust > before.robust:
            if after.robust - before.robust > 2 * error:
                return "no"
            holds = "within error"
    return holds
