"""The engine for a Ray cluster, an existing one or one on this machine: a Ray task per step, which waits for those it needs."""

from __future__ import annotations

import atexit
import logging
import os
import socket
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from types import ModuleType
from typing import Annotated, Any

from annotated_types import Ge
from typing_extensions import Doc

from adaptstilts.errors import EnvironmentProblem, Interrupted
from adaptstilts.launch.front import Front
from adaptstilts.launch.job import Job
from adaptstilts.launch.logs import tell_started
from adaptstilts.launch.worker import DONE, ENVIRONMENT, INTERRUPTED, Worker, WorkerAnswer, attempted, settle
from adaptstilts.settings import Count, Natural, Section

SECONDS = 1.0
"""Between two looks at the cluster."""

PATIENCE = 60.0
"""How long interrupted steps may take to keep their checkpoints."""


@dataclass(frozen=True)
class Resources(Section):
    """What one step holds while it runs."""

    cpus: Annotated[float, Ge(0), Doc("Cores.")] = 1
    gpus: Annotated[float, Ge(0), Doc("GPUs, or a share of one.")] = 0
    memory: Annotated[Count | None, Doc("Bytes.")] = None
    custom: Annotated[Mapping[str, float], Doc("By the nodes' names for it.")] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings(Section):
    """Which cluster, and what a step takes of it. The store must be at the same path on every node."""

    engine: str = "ray"
    address: Annotated[str, Doc("Of an existing cluster; `auto`: this machine's; empty: one for the run, here.")] = ""
    cpus: Annotated[Count | None, Doc("Of a cluster that is started here; null: all.")] = None
    gpus: Annotated[Natural | None, Doc("Of a cluster that is started here; null: all.")] = None
    step: Resources = field(default_factory=Resources)
    kinds: Annotated[Mapping[str, Resources], Doc("Of kinds of step (adapter, transfer, score) that need others.")] = (
        field(default_factory=dict)
    )
    retries: Annotated[Natural, Doc("How often a step is tried again whose node, or whose worker, died.")] = 3


def launch(front: Front, job: Job, settings: Settings) -> None:
    """Hand every step to Ray at once, each with the results of those it needs, and wait for all.

    A step whose node dies is tried again elsewhere. Raises EnvironmentProblem without Ray or its cluster, Interrupted when
    stopped: steps under way keep checkpoints.
    """
    ray = _connected(settings)
    refs: dict[str, Any] = {}
    try:
        for key in front.open:
            refs[key] = _submitted(ray, front, job, settings, key, refs)
        _wait(ray, front, job, refs)
    except (KeyboardInterrupt, Interrupted) as stop:
        front.stop()
        for ref in refs.values():
            ray.cancel(ref, force=False)
        if refs:
            ray.wait(list(refs.values()), num_returns=len(refs), timeout=PATIENCE)
        raise Interrupted("stopped", do="Run the same command again: finished steps are kept.") from stop
    finally:
        ray.shutdown()


def _connected(settings: Settings) -> ModuleType:
    """Ray, connected to the cluster; EnvironmentProblem if that cannot be."""
    try:
        import ray
    except ImportError as error:
        raise EnvironmentProblem("Ray is not installed", do="pip install 'adaptstilts[ray]'") from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a run tells nobody about itself
    here: dict[str, Any] = {"num_cpus": settings.cpus, "num_gpus": settings.gpus, "include_dashboard": False}
    where, more = (settings.address, {}) if settings.address else ("local", here)
    try:
        ray.init(where, log_to_driver=False, logging_level=logging.ERROR, **more)
    except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
        do = (
            "Start one with `ray start --head`, or leave the address out to have one on this machine. Where a cluster asks "
            "for a token (~/.ray/auth_token), set RAY_AUTH_MODE=token."
        )
        raise EnvironmentProblem(f"no Ray cluster can be had ({error})", where=where, do=do) from error
    return ray


def _submitted(ray: ModuleType, front: Front, job: Job, settings: Settings, key: str, refs: Mapping[str, Any]) -> Any:
    """The future of a step; Ray starts it when those of the steps it needs are there."""
    takes = settings.kinds.get(front.steps[key].kind, settings.step)
    held = {"num_cpus": takes.cpus, "num_gpus": takes.gpus, "memory": takes.memory, "resources": dict(takes.custom)}
    name, retries = f"{front.steps[key].title} [{key}]", settings.retries
    task = ray.remote(do_step).options(name=name, max_retries=retries, retry_exceptions=False, **held)
    needs = [refs[need] for need in front.needs[key] if need in refs]
    return task.remote(job.words("ray", "-"), job.variables(max(1, int(takes.cpus))), key, retries, *needs)


def _wait(ray: ModuleType, front: Front, job: Job, refs: Mapping[str, Any]) -> None:
    """Tell the front how each step went as soon as it is known."""
    open_refs, since, problem = {ref: key for key, ref in refs.items()}, time.time(), ""
    while open_refs:
        ready, _ = ray.wait(list(open_refs), num_returns=len(open_refs), timeout=SECONDS)
        for ref in ready:  # in the order of the steps: one that failed comes before those that build on it
            key = open_refs.pop(ref)
            answer, where, seconds = _answer(ray, ref)
            if not front.is_open(key):  # skipped by now
                continue
            if answer.code == INTERRUPTED:
                raise Interrupted("a step was stopped")
            problem = problem or (answer.text if answer.code == ENVIRONMENT else "")
            if answer.code == DONE:
                front.done(key, where, seconds)
            else:
                settle(front, job.store, key, answer, where)
        tell_started(front, job.store, since)
    if problem:
        raise EnvironmentProblem(problem)


def _answer(ray: ModuleType, ref: Any) -> tuple[WorkerAnswer, str, float | None]:
    """How a step went, where and for how long; a death that Ray could not make good again is an answer too."""
    try:
        found = ray.get(ref)
    except ray.exceptions.RayError as error:
        if isinstance(error, ray.exceptions.TaskCancelledError):
            return WorkerAnswer(INTERRUPTED, "cancelled"), "", None
        text = str(error).strip().splitlines() or [type(error).__name__]
        return WorkerAnswer(-1, f"Ray gave the step up ({type(error).__name__}: {text[0]})"), "", None
    return WorkerAnswer(found["code"], found["text"]), found["node"], found["seconds"]


def _done(worker: Worker, key: str) -> WorkerAnswer:
    """Have the worker do a step. `ray.cancel` raises KeyboardInterrupt here, but only between two lines of Python."""
    going = _hand.submit(worker.do, key)
    try:
        while not going.done():
            wait([going], timeout=SECONDS)
    except KeyboardInterrupt:
        worker.interrupt()
    return going.result()


_worker: Worker | None = None
"""In a process of Ray's: the worker that does its steps."""

_hand = ThreadPoolExecutor(1)
"""The one thread that speaks to it, for it ends when its thread does."""


def do_step(
    words: list[str], told: Mapping[str, str], key: str, retries: int, *needs: Mapping[str, Any]
) -> dict[str, Any]:
    """What a Ray task does: one step, by the command that every engine runs; nothing if a step that it needs is not done."""
    global _worker
    began, node = time.monotonic(), socket.gethostname()
    if any(need["code"] != DONE for need in needs):
        return {"code": -1, "text": "a step that it needs is not done", "node": node, "seconds": 0.0}
    if _worker is None:
        _worker = Worker([sys.executable, *words], {**os.environ, **told})
        atexit.register(_worker.close)
    worker = _worker
    answer = attempted(1 + retries, lambda: _done(worker, key))
    if answer.code == INTERRUPTED:
        _worker = None
    return {"code": answer.code, "text": answer.text, "node": node, "seconds": round(time.monotonic() - began, 3)}
