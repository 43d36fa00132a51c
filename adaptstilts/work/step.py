"""Work: one step from start to finish, from its folder claimed to its record written."""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact, EnvironmentProblem, Interrupted, StepsFailed
from adaptstilts.steps.spec import described
from adaptstilts.steps.step import Score, Step, TrainAdapter, Transfer
from adaptstilts.stops import Stopped, asked
from adaptstilts.store.provenance import machine
from adaptstilts.store.records.numbers import StepCost, TrainingRun
from adaptstilts.store.records.origin import Encoder, Provenance
from adaptstilts.store.records.record import SCHEMA, Made, Record, ScoreMade, record_of
from adaptstilts.store.registration import digest_in
from adaptstilts.store.store import LOG
from adaptstilts.training.loop import peak_memory
from adaptstilts.training.processes import agree, crew
from adaptstilts.work.learn import train_adapter, transfer
from adaptstilts.work.score import score
from adaptstilts.work.session import Session
from adaptstilts.work.step_log import step_log


def work(step: Step, session: Session, *, wait: bool = True, begun: Callable[[], None] = lambda: None) -> Record:
    """Do one step unless it is done, and return its record. The steps it needs must be done.

    A failure leaves `error.txt` in the step's folder and is raised; what the step had saved of its training stays, so that
    the next attempt goes on from there. What is wrong with the machine (EnvironmentProblem, OSError) is raised too, and is no
    failure of the step. While another process is at the step this one waits, or raises Busy where it shall not; `begun` is
    called when there is something to do and the step is this process's.

    Of several processes that train together (`accelerate launch`) every one makes this call: the main one alone decides,
    writes to the store, and tells the others how it went.
    """
    together = crew()
    if together.is_main_process:
        outcome = ""
        try:
            _do(step, session, wait, begun)
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
    if step.trains:
        with TemporaryDirectory() as scratch:
            _make(step, session, Path(scratch))


def _do(step: Step, session: Session, wait: bool, begun: Callable[[], None]) -> None:
    store = session.store
    if store.whole(step.key):
        return
    with step_log(store.folder(step.key) / LOG) as note, store.claim(step.key, wait=wait) as folder:
        store.recover(step.key)
        if store.whole(step.key):  # another run finished it while this one waited
            return
        agree(("do", ""))
        begun()
        store.forgive(step.key)
        note(f"{step.title} [{step.key}], engine {session.engine}")
        started = time.monotonic()
        for scratch in folder.glob(".*"):  # what a killed process was writing
            shutil.rmtree(scratch) if scratch.is_dir() else scratch.unlink()
        try:
            made = _make(step, session, folder)
            record = _record(step, session, made, time.monotonic() - started)
        except (KeyboardInterrupt, Interrupted):
            note("stopped")
            raise
        except BaseException as error:
            if asked():
                note("stopped")
                raise Stopped from error
            if lasting(error):
                store.fail(step.key, "".join(traceback.format_exception(error)))
            note(f"failed: {error}")
            raise
        store.finish(step.key, record)
        note("done")
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)


def lasting(error: BaseException) -> bool:
    """Whether an error is the step's own and would come again; what is wrong with the machine may be over by then."""
    return isinstance(error, CorruptArtefact) or not isinstance(error, (EnvironmentProblem, OSError))


def _make(step: Step, session: Session, folder: Path) -> Made:
    makers: dict[str, Callable[..., Made]]
    makers = {TrainAdapter.kind: train_adapter, Transfer.kind: transfer, Score.kind: score}
    return makers[step.kind](step, session, folder)


def _record(step: Step, session: Session, made: Made, seconds: float) -> Record:
    provenance = Provenance(
        config=session.config.name,
        settings=ids.plain(session.config),
        backbone=Encoder(name=session.backbone.name, **session.backbone.identity),
        engine=session.engine,
        preregistration=digest_in(session.store.root),
        precision=session.backbone_for(step).precision,
        **machine(str(session.backbone.device)),
    )
    training = None if isinstance(made, ScoreMade) else made.training
    speed = {} if training is None else _speed(training)
    cost = StepCost(**speed, seconds=round(seconds, 3), peak_memory=peak_memory(session.backbone.device))
    done = {"cost": cost, "provenance": provenance, "outcome": "ok"}
    return record_of({"schema": SCHEMA, **described(step), **made.plain(), **done})


def _speed(training: TrainingRun) -> dict[str, float]:
    return {"train_seconds": round(training.seconds, 3), "tokens_per_second": training.tokens_per_second}
