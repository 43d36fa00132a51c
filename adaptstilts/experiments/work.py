"""Work: one step from start to finish, from its folder claimed to its record written."""

from __future__ import annotations

import shutil
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adaptstilts import ids
from adaptstilts.errors import Interrupted, StepsFailed
from adaptstilts.experiments.learning import train_adapter, transfer
from adaptstilts.experiments.preregistration import digest_in
from adaptstilts.experiments.provenance import provenance
from adaptstilts.experiments.scoring import score
from adaptstilts.experiments.session import Session
from adaptstilts.experiments.steps import Score, Step, TrainAdapter, Transfer, spec
from adaptstilts.models.processes import agree, crew
from adaptstilts.training import peak_memory

SCHEMA = 1


def work(step: Step, session: Session) -> dict[str, Any]:
    """Do one step unless it is done, and return its record. The steps it needs must be done.

    A failure leaves `error.txt` in the step's folder and is raised; what the step had saved of its training stays, so that the
    next attempt goes on from there. Of several processes that train together (`accelerate launch`) every one makes this
    call: the main one alone decides, writes to the store, and tells the others how it went.
    """
    together = crew()
    if together.is_main_process:
        outcome = ""
        try:
            _do(step, session)
        except BaseException as error:
            outcome = str(error) or type(error).__name__
            raise
        finally:
            agree(("end", outcome))
    else:
        said, outcome = agree(None)
        if said == "do":
            _assist(step, session)
            _, outcome = agree(None)
        if outcome:
            raise StepsFailed(outcome)
    return session.store.record(step.key)


def _assist(step: Step, session: Session) -> None:
    """Take part in the training of a step, in a folder that is thrown away; what only predicts needs no help."""
    if not isinstance(step, Score):
        with TemporaryDirectory() as scratch:
            _make(step, session, Path(scratch))


def _do(step: Step, session: Session) -> None:
    store = session.store
    if store.done(step.key) and not store.bare(step.key):
        return
    with store.claim(step.key, session.say) as folder:
        if store.done(step.key) and not store.bare(step.key):  # another run finished it while this one waited
            return
        agree(("do", ""))
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
        store.finish(step.key, _record(step, session, made, time.monotonic() - started))
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)


def _make(step: Step, session: Session, folder: Path) -> dict[str, Any]:
    if isinstance(step, TrainAdapter):
        return train_adapter(step, session, folder)
    if isinstance(step, Transfer):
        return transfer(step, session, folder)
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
            "settings": ids.plain(session.config),
            "backbone": {"name": session.backbone.name, **session.backbone.identity},
            "engine": "inline",
            "preregistration": digest_in(session.store.root),
            **provenance(str(session.backbone.device)),
        },
        "outcome": "ok",
    }
