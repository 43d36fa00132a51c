"""Work: one step from start to finish, from its folder claimed to its record written."""

from __future__ import annotations

import shutil
import time
import traceback
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import CorruptArtefact, Interrupted
from adaptstilts.experiments.provenance import provenance
from adaptstilts.experiments.scoring import score
from adaptstilts.experiments.session import Session
from adaptstilts.experiments.steps import Shelved, Step, TrainAdapter, Transfer, spec
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.assembly import Assembly, assemble
from adaptstilts.models.bundle import load_bundle, save_adapter, save_bundle
from adaptstilts.prediction import predict
from adaptstilts.rows import Row
from adaptstilts.settings import Recipe
from adaptstilts.tasks import Task
from adaptstilts.training import TrainingReport, peak_memory, train

SCHEMA = 1
DEV_ROWS = 1000
"""How many held-out rows an adapter is scored on."""

REREAD_ROWS = 64
"""How many rows are predicted before saving and after reloading; the two must agree to the bit."""


def work(step: Step, session: Session) -> dict[str, Any]:
    """Do one step unless it is done, and return its record. The steps it needs must be done.

    A failure leaves `error.txt` in the step's folder and is raised; what the step had saved of its training stays, so that the
    next attempt goes on from there.
    """
    store = session.store
    if store.done(step.key):
        return store.record(step.key)
    with store.claim(step.key, session.say) as folder:
        if store.done(step.key):  # another process finished it while this one waited
            return store.record(step.key)
        started = time.monotonic()
        for scratch in folder.glob(".*"):  # what a killed process was writing
            shutil.rmtree(scratch) if scratch.is_dir() else scratch.unlink()
        try:
            made = _make(step, session, folder)
        except (KeyboardInterrupt, Interrupted):
            raise
        except BaseException as error:
            store.fail(step.key, "".join(traceback.format_exception(error)))
            raise
        record = _record(step, session, made, time.monotonic() - started)
        store.finish(step.key, record)
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)
        return record


def _make(step: Step, session: Session, folder: Path) -> dict[str, Any]:
    if isinstance(step, TrainAdapter):
        return _train_adapter(step, session, folder)
    if isinstance(step, Transfer):
        return _transfer(step, session, folder)
    return score(step, session, folder)


def _record(step: Step, session: Session, made: dict[str, Any], seconds: float) -> dict[str, Any]:
    cost = {**made.pop("cost", {}), "seconds": round(seconds, 3), "peak_memory": peak_memory(session.backbone.device)}
    return {
        "schema": SCHEMA,
        "key": step.key,
        "step": step.kind,
        "title": step.title,
        "spec": spec(step),
        "upstream": [need.key for need in step.needs],
        **made,
        "cost": cost,
        "provenance": {
            "config": session.config.name,
            "backbone": {"name": session.backbone.name, **session.backbone.identity},
            "engine": "inline",
            **provenance(str(session.backbone.device)),
        },
        "outcome": "ok",
    }


def _train_adapter(step: TrainAdapter, session: Session, folder: Path) -> dict[str, Any]:
    task = session.task(step.task)
    session.release()
    head = kind_of(task.kind).head(task)
    assembly = assemble(
        session.backbone,
        block=step.task,
        adapters={},
        trains=("target_adapter", "head"),
        shape=step.shape,
        head=head,
        head_name=step.task,
        seed=step.seed,
    )
    try:
        made = _fit(assembly, task, step.recipe, step.rows, step.language, step.seed, session, folder)
        save_adapter(assembly, step.task, folder / "adapter", head=True)
        made["scores"] = _dev_scores(assembly, task, step.language, session)
    finally:
        assembly.close()
    files = sorted((folder / "adapter").iterdir())
    return {**made, "task": step.task, "adapter": {"digest": ids.files_digest(files)}}


def _transfer(step: Transfer, session: Session, folder: Path) -> dict[str, Any]:
    task = session.task(step.target)
    session.release()
    composition = COMPOSITIONS.get(step.composition)
    kind = kind_of(task.kind)
    head = kind.head(task)
    learns = head.loss != "none"
    folders = session.adapter_folders(step)
    assembly = assemble(
        session.backbone,
        block=composition.block(step.tasks, target_adapter=step.target_adapter),
        adapters=folders,
        trains=composition.trains(target_adapter=step.target_adapter) if learns else (),
        shape=step.shape,
        head=head,
        head_name=step.target,
        seed=step.seed,
    )
    try:
        made: dict[str, Any] = {"parts": assembly.parts()}
        if learns:
            made = _fit(assembly, task, step.recipe, step.rows, step.language, step.seed, session, folder)
        save_bundle(assembly, folder / "bundle", {"target": step.target, "labels": list(task.labels), "key": step.key})
        before = _reread(assembly, task, step.language, session)
    finally:
        assembly.close()
    reloaded = load_bundle(session.backbone, folder / "bundle", folders)
    try:
        if _reread(reloaded, task, step.language, session) != before:
            raise CorruptArtefact(
                "the saved transfer does not predict what it predicted before saving", where=str(folder)
            )
    finally:
        reloaded.close()
    adapters = {a.task: a.digest if isinstance(a, Shelved) else _digest_of(session, a) for a in step.adapters}
    names = {"target": step.target, "composition": step.composition, "tasks": list(step.tasks), "seed": step.seed}
    return {**made, **names, "adapters": adapters}


def _digest_of(session: Session, step: TrainAdapter) -> str:
    return str(session.store.record(step.key)["adapter"]["digest"])


def _fit(
    assembly: Assembly,
    task: Task,
    recipe: Recipe,
    rows: int | None,
    language: str,
    seed: int,
    session: Session,
    folder: Path,
) -> dict[str, Any]:
    """Train the assembly on the task's source-language rows; what it cost and how it went."""
    loaded = session.rows(task, "train", language, rows, seed)
    encodings = _encode(loaded.rows, task, session)
    session.say(
        f"{len(loaded.rows):,} {task.name} rows in {language}, {assembly.parts()['trainable']:,} parameters to train"
    )
    report: TrainingReport = train(
        assembly, encodings, recipe, seed=seed, checkpoint=folder / "checkpoint", progress=session.progress
    )
    return {
        "parts": assembly.parts(),
        "training": {
            "examples": len(loaded.rows),
            "origin": loaded.origin,
            "truncated": _truncated(encodings),
            **report.plain(),
        },
        "cost": {"train_seconds": round(report.seconds, 3), "tokens_per_second": round(report.tokens_per_second, 1)},
    }


def _encode(rows: list[Row], task: Task, session: Session) -> list[Encoding]:
    return kind_of(task.kind).encode(rows, task, session.backbone.tokenizer, session.config.limits)


def _truncated(encodings: list[Encoding]) -> int:
    return sum(1 for encoding in encodings if encoding.truncated)


def _dev_scores(assembly: Assembly, task: Task, language: str, session: Session) -> dict[str, Any]:
    """How the adapter does on held-out rows of its own task, with its own head."""
    loaded = session.rows(task, "dev", language, DEV_ROWS)
    kind = kind_of(task.kind)
    encodings = _encode(loaded.rows, task, session)
    predictions = kind.decode(loaded.rows, task, encodings, predict(assembly, encodings, progress=session.progress))
    metrics = kind.score(loaded.rows, predictions, task, language)
    return {
        language: {
            "n": len(loaded.rows),
            "chance": kind.chance(loaded.rows, task),
            "split": loaded.split_used,
            **metrics,
        }
    }


def _reread(assembly: Assembly, task: Task, language: str, session: Session) -> list[bytes]:
    learns = assembly.head.loss != "none"
    rows = session.rows(
        task, "train" if learns else "test", language if learns else task.languages[0], REREAD_ROWS
    ).rows
    return [output.tobytes() for output in predict(assembly, _encode(rows, task, session))]
