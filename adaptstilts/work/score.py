"""Scoring a transfer: every language clean, under one attack held against the clean predictions, or on a challenge set."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts.kinds import kind_of
from adaptstilts.plan.lowest import readers
from adaptstilts.steps.step import Score
from adaptstilts.store.predictions import rows_digest, write_predictions
from adaptstilts.store.records.numbers import Scores, Summary
from adaptstilts.store.records.part import Object, given
from adaptstilts.store.records.record import ScoreMade
from adaptstilts.tasks import Task
from adaptstilts.tasks.exposure import exposure
from adaptstilts.work.attack import attack_languages
from adaptstilts.work.predictions import Lines, classes_of, line, pooled, predictions_of
from adaptstilts.work.session import Session
from adaptstilts.work.taught import above_chance

if TYPE_CHECKING:
    import numpy as np


@dataclass
class Watched:
    """What scoring clean rows sees beside scores: their origins, and what fusion or a gate gave to each member."""

    origins: dict[str, Object] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    attention: dict[str, list[list[float | None]]] = field(default_factory=dict)


def score(step: Score, session: Session, folder: Path) -> ScoreMade:
    """Scores by language and their means; predictions go to `predictions.parquet` beside the record."""
    task = session.task(step.challenge or step.transfer.target)
    standins = session.standins(step.transfer)
    watched = Watched()
    if step.attack:
        scores, lines = attack_languages(step, session, task, folder)
    else:
        scores, lines = _clean(step, session, task, watched)
    file = write_predictions(folder, lines)
    return ScoreMade(
        target=step.transfer.target,
        challenge=step.challenge or None,
        metric=task.metric,
        attack=step.attack or None,
        exposure=exposure(task, [*step.transfer.tasks, *standins.values()]),
        standins=standins,
        summary=summary(scores, task.metric, step.transfer.language),
        scores=scores,
        predictions=rows_digest(file),
        **given(origins=watched.origins, members=watched.members, attention=watched.attention),
    )


def summary(scores: Mapping[str, Scores], metric: str, source: str) -> Summary:
    """The mean of the metric over languages, with and without the source language; None where nothing was scored."""
    every = {language: value for language, cells in scores.items() if (value := cells.metric(metric)) is not None}
    abroad = [value for language, value in every.items() if language != source]
    return Summary(
        languages=len(every),
        mean=statistics.fmean(every.values()) if every else None,
        mean_without_source=statistics.fmean(abroad) if abroad else None,
    )


def _clean(step: Score, session: Session, task: Task, watched: Watched) -> tuple[dict[str, Scores], Lines]:
    """Scores and lines by language; into `watched` go the rows' origins and what fusion or a gate gave to each member."""
    kind, scores, lines = kind_of(task.kind), dict[str, Scores](), Lines()
    session.progress.start(len(step.languages), step.challenge or "clean")
    for languages in pooled(step.languages, task):
        loaded = {language: session.scored(step, task, language) for language in languages}
        rows = [row for found in loaded.values() for row in found.rows]
        watched.origins.update({language: found.origin for language, found in loaded.items()})
        assembly = session.assembly(step, languages[0])
        with assembly.watch() as seen:
            every = readers(session.config.sweep)
            predictions, truncated = predictions_of(assembly, rows, [], task, session, keep=True, readers=every)
        if len(seen.blocks) == 1:
            watched.members = seen.blocks[0]
            watched.attention.update(dict.fromkeys(languages, _rounded(seen.mean())))
        chance, start = kind.chance(rows, task), 0
        for language, found in loaded.items():
            own = predictions[start : start + len(found.rows)]
            start += len(found.rows)
            cells = kind.score(found.rows, own, task, language)
            n = sum(1 for row in found.rows if kind.fields(row, task))  # retrieval has rows that ask nothing
            learnt = None if step.challenge else above_chance(found.rows, own, task)
            cut = truncated if language == languages[0] else 0  # of a shared pool it is told once
            facts = given(above_chance=learnt, classes=classes_of(found.rows, step, task))
            scores[language] = Scores(n=n, split=found.split_used, truncated=cut, chance=chance, **facts, **cells)
            lines += [line(row, prediction, kind, task) for row, prediction in zip(found.rows, own, strict=True)]
            session.progress.advance(1, language)
    session.progress.stop()
    return scores, lines


def _rounded(table: np.ndarray) -> list[list[float | None]]:
    """[layers, k] as JSON; None where a layer has no such member."""
    return [[None if weight != weight else round(float(weight), 4) for weight in layer] for layer in table]
