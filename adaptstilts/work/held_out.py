"""Scores on rows that training does not see: those that end it, and those that an adapter's record tells."""

from __future__ import annotations

from collections.abc import Callable

from adaptstilts.data.holdout import split_train
from adaptstilts.kinds import kind_of
from adaptstilts.models.assembly import Assembly
from adaptstilts.rows import Row
from adaptstilts.steps.step import DEV_ROWS, HELD_OUT, Lesson, TrainAdapter
from adaptstilts.store.records.numbers import HeldOut
from adaptstilts.store.records.part import given
from adaptstilts.training.prediction import predict
from adaptstilts.work.session import Session
from adaptstilts.work.taught import above_chance

DRAWN_BY_ID = ", drawn by id"
"""What follows the name of a split where more rows than are scored were there."""

ByLanguage = dict[str, HeldOut]


def scorer(assembly: Assembly, name: str, rows: list[Row], language: str, session: Session) -> Callable[[], float]:
    """What scores the assembly on `rows`, by the task's metric: higher is better."""
    task = session.task(name)
    encodings = session.encode(rows, task)

    def score() -> float:
        predictions = kind_of(task.kind).decode(rows, task, encodings, predict(assembly, encodings, head=name))
        return kind_of(task.kind).score(rows, predictions, task, language)[task.metric]

    return score


def held_out_scores(assembly: Assembly, lesson: Lesson, step: TrainAdapter, session: Session) -> ByLanguage:
    """How the adapter does on held-out rows of a task of `step`, with that task's head."""
    task, language, most = session.task(lesson.task), step.language, min(DEV_ROWS, lesson.rows or DEV_ROWS)
    if lesson.dev == HELD_OUT:
        train_rows = session.rows(task, "train", language, lesson.rows, step.seed).rows
        rows, split = split_train(train_rows, step.recipe.held_out, step.seed)[1][:most], "held-out train"
    else:
        drawn = not session.facts.source.generated
        loaded = session.rows(task, "dev", language, most, drawn=drawn)
        rows, split = loaded.rows, loaded.split_used
        if drawn and len(rows) == most:
            split += DRAWN_BY_ID
    kind = kind_of(task.kind)
    encodings = session.encode(rows, task)
    outputs = predict(assembly, encodings, progress=session.progress, head=lesson.task)
    predictions = kind.decode(rows, task, encodings, outputs)
    metrics = kind.score(rows, predictions, task, language)
    learnt = given(above_chance=above_chance(rows, predictions, task))
    return {language: HeldOut(n=len(rows), chance=kind.chance(rows, task), split=split, **learnt, **metrics)}
