"""Scoring a transfer: every language clean, or under one attack held against the clean predictions of the same rows."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.attacks import ATTACKS, Attack, Attacked, Scene
from adaptstilts.attacks.harvest import words_of_rows
from adaptstilts.attacks.running import applies, attack_rows
from adaptstilts.experiments.exposure import exposure
from adaptstilts.experiments.predictions import read_predictions, write_predictions
from adaptstilts.experiments.session import Session
from adaptstilts.experiments.steps import Score
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Kind, Prediction
from adaptstilts.models.assembly import Assembly
from adaptstilts.prediction import Oracle, predict
from adaptstilts.rows import Row
from adaptstilts.tasks import Task

RIGHT = 0.5
"""A row counts as right from this share of the metric on; between 0 and 1 only for spans and tags."""


def score(step: Score, session: Session, folder: Path) -> dict[str, Any]:
    """Scores by language; predictions go to `predictions.parquet` beside the record."""
    task = session.task(step.transfer.target)
    made: dict[str, Any] = {
        "target": task.name,
        "metric": task.metric,
        "attack": step.attack or None,
        "exposure": exposure(task, step.transfer.tasks),
    }
    found = _attacked(step, session, task, folder) if step.attack else _clean(step, session, task, folder)
    return {**made, **found}


def _predict(assembly: Assembly, rows: Sequence[Row], task: Task, session: Session) -> tuple[list[Prediction], int]:
    kind = kind_of(task.kind)
    encodings = kind.encode(rows, task, session.backbone.tokenizer, session.config.limits)
    outputs = predict(assembly, encodings)
    return kind.decode(rows, task, encodings, outputs), sum(1 for e in encodings if e.truncated)


def _clean(step: Score, session: Session, task: Task, folder: Path) -> dict[str, Any]:
    kind, assembly = kind_of(task.kind), session.assembly(step.transfer)
    scores: dict[str, Any] = {}
    table: list[dict[str, Any]] = []
    session.progress.start(len(step.languages), "clean")
    for language in step.languages:
        loaded = session.rows(task, "test", language, step.rows)
        predictions, truncated = _predict(assembly, loaded.rows, task, session)
        scores[language] = {
            "n": len(loaded.rows),
            "split": loaded.split_used,
            "truncated": truncated,
            "chance": kind.chance(loaded.rows, task),
            **kind.score(loaded.rows, predictions, task, language),
        }
        table += [_line(row, prediction) for row, prediction in zip(loaded.rows, predictions, strict=True)]
        session.progress.advance(1, language)
    session.progress.stop()
    write_predictions(folder, table)
    return {"scores": scores}


def _attacked(step: Score, session: Session, task: Task, folder: Path) -> dict[str, Any]:
    if step.clean is None:
        raise ValueError("an attack is scored against a clean score")
    attack = ATTACKS.get(step.attack)
    kind, assembly = kind_of(task.kind), session.assembly(step.transfer)
    clean = read_predictions(session.store.folder(step.clean.key))
    scores: dict[str, Any] = {}
    table: list[dict[str, Any]] = []
    session.progress.start(len(step.languages), attack.name)
    for language in step.languages:
        reason = applies(attack, kind, language)
        if reason:
            scores[language] = {"n/a": reason}
        else:
            rows = session.rows(task, "test", language, step.rows).rows
            before = [clean[language, row.id] for row in rows]
            attacked = _run(step, attack, kind, task, rows, language, session, assembly)
            after, _ = _predict(assembly, [a.row for a in attacked], task, session)
            scores[language] = _held_against(kind, task, language, rows, before, attacked, after)
            table += [_line(a.row, p, a, kind, task) for a, p in zip(attacked, after, strict=True)]
        session.progress.advance(1, language)
    session.progress.stop()
    write_predictions(folder, table)
    return {"scores": scores}


def _run(
    step: Score,
    attack: Attack,
    kind: Kind,
    task: Task,
    rows: list[Row],
    language: str,
    session: Session,
    assembly: Assembly,
) -> list[Attacked]:
    tokenizer = session.backbone.tokenizer

    def survives(before: str, after: str) -> bool:
        first, second = tokenizer([before, after], add_special_tokens=False)["input_ids"]
        return bool(first != second)

    parallel = {
        other: {row.source: row for row in session.rows(task, "test", other, step.rows).rows}
        for other in step.languages
    }
    words = words_of_rows(rows, kind, task)
    scene = Scene(task, kind, language, step.seed, step.severity, survives, parallel, words, tokenizer.mask_token)
    if attack.family == "search":
        victim = Oracle(assembly, kind, task, tokenizer, session.config.limits, pool=kind.rivals(rows))
        return attack_rows(attack, rows, scene, victim=victim, budget=step.budget)
    return attack_rows(attack, rows, scene)


def _held_against(
    kind: Kind,
    task: Task,
    language: str,
    rows: list[Row],
    before: list[Prediction],
    attacked: list[Attacked],
    after: list[Prediction],
) -> dict[str, Any]:
    """Clean, attacked and worst-case scores over the rows that the attack reached, and what the attack did to them."""
    reached = [i for i, a in enumerate(attacked) if a.counts]
    edited = [attacked[i] for i in reached if attacked[i].outcome == "edited"]
    right = [i for i in reached if before[i].score >= RIGHT]
    fooled = [i for i in right if after[i].score < RIGHT]
    found: dict[str, Any] = {"n": len(rows), "reached": len(reached)}
    if not reached:
        return {**found, "n/a": "no row could be changed"}
    found["clean"] = kind.score([rows[i] for i in reached], [before[i] for i in reached], task, language)[task.metric]
    scored = kind.score([attacked[i].row for i in reached], [after[i] for i in reached], task, language)
    found.update(scored)
    found["worst_case"] = statistics.fmean(min(before[i].score, after[i].score) for i in reached)
    found["success_rate"] = len(fooled) / len(right) if right else None
    found["edit_rate"] = statistics.fmean(a.rate for a in edited) if edited else 0.0
    found["queries"] = statistics.fmean(attacked[i].queries for i in reached)
    return found


def _line(
    row: Row,
    prediction: Prediction,
    attacked: Attacked | None = None,
    kind: Kind | None = None,
    task: Task | None = None,
) -> dict[str, Any]:
    line: dict[str, Any] = {
        "language": row.language,
        "id": row.id,
        "source": row.source,
        "prediction": json.dumps(prediction.value, ensure_ascii=False),
        "score": float(prediction.score),
        "margin": float(prediction.margin),
    }
    if attacked is not None and kind is not None and task is not None:
        line |= {
            "outcome": attacked.outcome,
            "edits": attacked.edits,
            "rate": attacked.rate,
            "queries": attacked.queries,
        }
        line["text"] = ids.canonical(kind.shown(row, task))
    return line
