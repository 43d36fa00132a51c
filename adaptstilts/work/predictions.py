"""Predictions of a transfer for rows of a task, and the lines that a score keeps of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from adaptstilts import ids
from adaptstilts.attacks import Attacked
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Kind, Prediction
from adaptstilts.models.assembly import Assembly
from adaptstilts.rows import Row
from adaptstilts.steps.step import Score
from adaptstilts.tasks import Task
from adaptstilts.training.prediction import predict
from adaptstilts.work.lowest import Reading, knowing
from adaptstilts.work.session import Session

Lines = list[dict[str, Any]]


def pooled(languages: Sequence[str], task: Task) -> list[tuple[str, ...]]:
    """Languages that share one pool of candidates, together; each alone for all tasks but such retrieval."""
    return [tuple(languages)] if task.options.get("pool") == "all" else [(language,) for language in languages]


def predictions_of(
    assembly: Assembly,
    rows: Sequence[Row],
    rivals: Sequence[Row],
    task: Task,
    session: Session,
    *,
    keep: bool = False,
    readers: float = 0,
    beside: Sequence[Row] = (),
    published: bool = False,
) -> tuple[list[Prediction], int]:
    """Predictions for `rows`, told from `rivals` too where the kind has any; and how many inputs were cut.

    `readers` are the models that are asked about these very rows (0: no other will be), `beside` rows that all of them have
    read before (see `lowest.knowing`). `published` has the rows read by the fast tokenizer as its file has it.
    """
    kind, asked = kind_of(task.kind), [*rows, *rivals]
    encodings = session.encode(asked, task, keep=keep, published=published)
    readings = [Reading(encodings, readers, "scored rows")] if readers else []
    if beside and readers:
        readings.insert(0, Reading(session.encode(beside, task, keep=True), readers, "scored rows"))
    with knowing(assembly, readings, session):
        predictions = kind.decode(asked, task, encodings, predict(assembly, encodings))
    return predictions[: len(rows)], session.truncated(encodings)


def classes_of(rows: Sequence[Row], step: Score, task: Task) -> dict[str, int]:
    """How often each gold label occurs in rows that were drawn, commonest first; empty where none were, or there are no labels."""
    kind = kind_of(task.kind)
    return dict(Counter(gold for row in rows if step.drawn for gold in kind.golds(row, task)).most_common())


def line(row: Row, prediction: Prediction, kind: Kind, task: Task) -> dict[str, Any]:
    """One row of `predictions.parquet`: the answer and the gold one in the same terms, and the row as a person reads it."""
    points, of = kind.tally(row, prediction, task)
    return {
        "language": row.language,
        "id": row.id,
        "source": row.source,
        "prediction": json.dumps(prediction.value, ensure_ascii=False),
        "gold": json.dumps(kind.gold(row), ensure_ascii=False),
        "score": float(prediction.score),
        "margin": float(prediction.margin),
        "points": float(points),
        "of": float(of),
        "text": ids.canonical(kind.shown(row, task)),
    }


def attacked_line(row: Attacked, prediction: Prediction, kind: Kind, task: Task) -> dict[str, Any]:
    """One row of an attack's `predictions.parquet`: what was done to it too; the text is what came of it."""
    names = ("outcome", "edits", "rate", "queries", "goal_at", "tried", "survived", "unknown", "blank")
    did = {name: getattr(row, name) for name in names}
    return {**line(row.row, prediction, kind, task), **did}
