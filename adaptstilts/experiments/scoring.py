"""Scoring a transfer: every language clean, or under one attack held against the clean predictions of the same rows."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.attacks import ATTACKS, Attack, Attacked, Scene
from adaptstilts.attacks.harvest import words_of_rows
from adaptstilts.attacks.running import applies, attack_rows
from adaptstilts.errors import CorruptArtefact
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


def _predict(
    assembly: Assembly, rows: Sequence[Row], rivals: Sequence[Row], task: Task, session: Session
) -> tuple[list[Prediction], int]:
    """Predictions for `rows`, told from `rivals` too where the kind has any; and how many inputs were cut."""
    kind, asked = kind_of(task.kind), [*rows, *rivals]
    encodings = kind.encode(asked, task, session.backbone.tokenizer, session.config.limits)
    predictions = kind.decode(asked, task, encodings, predict(assembly, encodings))
    return predictions[: len(rows)], sum(1 for e in encodings if e.truncated)


def _clean(step: Score, session: Session, task: Task, folder: Path) -> dict[str, Any]:
    kind, assembly = kind_of(task.kind), session.assembly(step.transfer)
    scores: dict[str, Any] = {}
    table: list[dict[str, Any]] = []
    session.progress.start(len(step.languages), "clean")
    for language in step.languages:
        loaded = session.rows(task, "test", language, step.rows)
        predictions, truncated = _predict(assembly, loaded.rows, [], task, session)
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
    attack, kind = ATTACKS.get(step.attack), kind_of(task.kind)
    clean = read_predictions(session.store.folder(step.clean.key))
    scores: dict[str, Any] = {}
    table: list[dict[str, Any]] = []
    session.progress.start(len(step.languages), attack.name)
    for language in step.languages:
        reason = applies(attack, kind, language)
        if reason:
            scores[language] = {"n/a": reason}
        else:
            scores[language], lines = _attack_language(step, step.clean, attack, task, language, session, clean)
            table += lines
        session.progress.advance(1, language)
    session.progress.stop()
    write_predictions(folder, table)
    return {"scores": scores}


def _attack_language(
    step: Score,
    held: Score,
    attack: Attack,
    task: Task,
    language: str,
    session: Session,
    clean: Mapping[tuple[str, str], Prediction],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Attack the first `step.rows` of the rows that were scored clean; the others stay about as rivals."""
    kind, assembly = kind_of(task.kind), session.assembly(step.transfer)
    every = session.rows(task, "test", language, held.rows).rows
    rows, rest = every[: step.rows], every[step.rows :] if step.rows else []
    try:
        before = [clean[language, row.id] for row in rows]
    except KeyError as error:
        folder = session.store.folder(held.key)
        advice = f"Remove the folder {folder} and run the same command again: only this step is redone."
        raise CorruptArtefact(f"no clean prediction for {error}", where=str(folder), do=advice) from error
    scene = _scene(step, held, task, rows, language, session)
    if attack.family == "search":
        pool = kind.rivals(every)
        victim = Oracle(assembly, kind, task, session.backbone.tokenizer, session.config.limits, pool=pool)
        attacked = attack_rows(attack, rows, scene, victim=victim, budget=step.budget)
    else:
        attacked = attack_rows(attack, rows, scene)
    after, _ = _predict(assembly, [a.row for a in attacked], kind.rivals(rest), task, session)
    found = _held_against(kind, task, language, rows, before, attacked, after)
    return found, [_line(a.row, p, a, kind, task) for a, p in zip(attacked, after, strict=True)]


def _scene(step: Score, held: Score, task: Task, rows: list[Row], language: str, session: Session) -> Scene:
    tokenizer, kind = session.backbone.tokenizer, kind_of(task.kind)

    def survives(before: str, after: str) -> bool:
        first, second = tokenizer([before, after], add_special_tokens=False)["input_ids"]
        return bool(first != second)

    loaded = {other: session.rows(task, "test", other, held.rows) for other in step.languages}
    split = loaded[language].split_used  # row n of one split does not translate row n of another
    parallel = {
        other: {row.source: row for row in found.rows} for other, found in loaded.items() if found.split_used == split
    }
    words = words_of_rows(rows, kind, task)
    return Scene(task, kind, language, step.seed, step.severity, survives, parallel, words, tokenizer.mask_token)


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
    worse = [after[i].score < before[i].score for i in reached]
    worst_rows = [attacked[i].row if lower else rows[i] for i, lower in zip(reached, worse, strict=True)]
    worst = [after[i] if lower else before[i] for i, lower in zip(reached, worse, strict=True)]
    found["worst_case"] = kind.score(worst_rows, worst, task, language)[task.metric]
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
