"""Whether a model has learnt its task: how far its answers to rows it was not trained on beat those that no text decides."""

from __future__ import annotations

from collections.abc import Sequence

from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Prediction
from adaptstilts.rows import Row
from adaptstilts.statistics.paired_difference import difference
from adaptstilts.store.records.numbers import AboveChance
from adaptstilts.tasks import Task

DIGITS = 6


def above_chance(rows: Sequence[Row], predictions: Sequence[Prediction], task: Task) -> AboveChance | None:
    """The metric on these rows minus that of the kind's uninformed answers to them; None where the task trains no head."""
    kind = kind_of(task.kind)
    if not kind.head(task).learns:
        return None
    guessed = kind.shares(rows, kind.uninformed(rows, task), task)
    found = difference(kind.shares(rows, predictions, task), guessed)
    points, out_of = map(sum, zip(*guessed, strict=True))
    told = {"uninformed": points / out_of if out_of else 0.0, "by": found.by, "low": found.low, "high": found.high}
    return AboveChance(n=found.n, **{name: round(value, DIGITS) for name, value in told.items()})
