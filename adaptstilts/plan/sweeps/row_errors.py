"""What the test rows of a sweep add to the scatter of its models' costs, before any of them is scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adaptstilts.attacks import ATTACKS
from adaptstilts.attacks.apply import applies
from adaptstilts.kinds import kind_of
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.sweeps.expansion import Sweep, SweepCell
from adaptstilts.plan.sweeps.registration import tested
from adaptstilts.plan.sweeps.sizes import rows_of
from adaptstilts.statistics.power import row_error
from adaptstilts.steps.step import Score


@dataclass(frozen=True)
class ScoredRows:
    """The rows (a language) of a target that its costs are means over: in so many languages abroad, under so many attacks."""

    target: str
    head: str
    rows: int
    languages: int
    attacks: int

    @property
    def error(self) -> float:
        """What they add, a standard deviation in points."""
        return row_error(self.rows, self.languages, self.attacks)


def scored_rows(sweep: Sweep) -> tuple[ScoredRows, ...]:
    """Of each target that is trained, those of the attacks that a plan would test; none of one that no attack reaches abroad."""
    facts, found = ConfigFacts(sweep.config), dict[str, ScoredRows | None]()
    for cell in sweep.cells:
        if cell.role == "k" and cell.k and cell.head and cell.target not in found:
            found[cell.target] = _of_cell(cell, facts)
    return tuple(rows for rows in found.values() if rows)


def row_errors(found: Sequence[ScoredRows]) -> tuple[float, ...]:
    """Of each head what test rows add, its targets averaged, in the order of the heads' names."""
    heads = sorted({rows.head for rows in found})
    by_head = ([rows.error for rows in found if rows.head == head] for head in heads)
    return tuple(sum(error**2 for error in errors) ** 0.5 / len(errors) for errors in by_head)


def _of_cell(cell: SweepCell, facts: ConfigFacts) -> ScoredRows | None:
    task = facts.task(cell.target)
    kind = kind_of(task.kind)
    attacks = tested({score.attack for score in cell.scores if score.attack})
    scores: dict[str, Score] = {score.attack: score for score in reversed(cell.scores) if score.attack in attacks}
    reached = {
        name: [
            code
            for code in score.languages
            if code != cell.transfer.language and not applies(ATTACKS.get(name), kind, code)
        ]
        for name, score in scores.items()
    }
    reached = {name: languages for name, languages in reached.items() if languages}
    if not reached:
        return None
    rows = min(rows_of(task, facts.source, "test", scores[name].rows) for name in reached)
    return ScoredRows(cell.target, cell.head, rows, max(map(len, reached.values())), len(reached))
