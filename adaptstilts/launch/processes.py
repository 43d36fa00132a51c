"""The engine for one machine: long-lived workers side by side, one per GPU or per group of cores."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from typing_extensions import Doc

from adaptstilts.errors import EnvironmentProblem, Interrupted
from adaptstilts.launch.front import Front
from adaptstilts.launch.job import Job
from adaptstilts.launch.worker import ENVIRONMENT, INTERRUPTED, Worker, WorkerAnswer, attempted, settle
from adaptstilts.settings import Count, Section
from adaptstilts.threads import threads


@dataclass(frozen=True)
class Settings(Section):
    """How many workers, each with how many threads."""

    engine: str = "processes"
    workers: Annotated[Count | None, Doc("null: one per GPU that is to be seen, else per `threads` cores.")] = None
    threads: Annotated[Count | None, Doc("null: a share of the cores beside GPUs or a number of workers, else 1.")] = (
        None
    )
    attempts: Annotated[Count, Doc("How often a step is tried whose worker is killed.")] = 3


PATIENCE = 60.0
"""Seconds that workers may take to keep what they have when the run is stopped."""


@dataclass(frozen=True)
class WorkerSlot:
    """Where one worker computes: a GPU by its number or id (None: the CPU), and how many threads it may use."""

    device: str | None
    threads: int

    def environment(self, job: Job) -> dict[str, str]:
        """The environment of the worker here."""
        seen = {} if self.device is None else {"CUDA_VISIBLE_DEVICES": self.device}
        return {**os.environ, **job.variables(self.threads), **seen}


def places(settings: Settings, steps: int, devices: list[str], cores: int) -> list[WorkerSlot]:
    """Where the workers for so many steps compute: on each device in turn, or on groups of cores; never more than steps."""
    alone = settings.threads or 1
    count = settings.workers or len(devices) or max(1, cores // alone)
    each = settings.threads or (max(1, cores // count) if devices or settings.workers else 1)
    return [WorkerSlot(devices[i % len(devices)] if devices else None, each) for i in range(min(count, steps))]


def gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them; torch is not asked, for it would take its time."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        named = map(str.strip, os.environ["CUDA_VISIBLE_DEVICES"].split(","))
        return [name for name in named if name not in ("", "-1")]
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False)
    return re.findall(r"^GPU \d+: .*\(UUID: (GPU-[^)]+)\)", listed.stdout, flags=re.MULTILINE)


def launch(front: Front, job: Job, settings: Settings) -> None:
    """Do the steps in workers side by side. A worker that dies is replaced; at last it fails its step alone.

    Raises Interrupted when stopped (every worker keeps a checkpoint and ends), EnvironmentProblem when a worker meets one,
    after the others have finished the step that they are at.
    """
    crew = _Crew(front, job, settings)
    crew.start(places(settings, len(front.open), gpus(), threads()))
    try:
        crew.wait()
    except (KeyboardInterrupt, Interrupted) as stop:
        crew.interrupt()
        raise Interrupted("stopped", do="Run the same command again: finished steps are kept.") from stop
    if crew.problem:
        raise crew.problem
    if crew.interrupted:
        raise Interrupted("a worker was stopped", do="Run the same command again: finished steps are kept.")


class _Crew:
    """The workers of one run, each with a thread of this process that hands it one step after another."""

    def __init__(self, front: Front, job: Job, settings: Settings) -> None:
        self.front, self.job, self.settings = front, job, settings
        self.problem: Exception | None = None
        self.interrupted = False
        self._workers: list[Worker] = []
        self._hands: list[threading.Thread] = []
        self._idle: list[threading.Event] = []  # a thread whose join a signal cuts short looks dead (CPython 3.11)

    def start(self, places: list[WorkerSlot]) -> None:
        for number, place in enumerate(places, 1):
            command = [sys.executable, *self.job.words("processes", "-")]
            worker = Worker(command, place.environment(self.job))
            name = f"worker {number}" if place.device is None else f"worker {number} on GPU {place.device}"
            self._workers.append(worker)
            self._idle.append(threading.Event())
            self._hands.append(threading.Thread(target=self._hand, args=(worker, name, self._idle[-1]), daemon=True))
        for hand in self._hands:
            hand.start()

    def wait(self, seconds: float = float("inf")) -> None:
        """Until all hands are idle, or so long; signals arrive in between."""
        until = time.monotonic() + seconds
        for idle in self._idle:
            while not idle.is_set() and time.monotonic() < until:
                idle.wait(0.5)

    def interrupt(self) -> None:
        """Stop every worker where it is and wait until each has kept what it had."""
        self.front.stop()
        for worker in self._workers:
            worker.interrupt()
        self.wait(PATIENCE)
        for worker in self._workers:
            worker.kill()
        self.wait()

    def _hand(self, worker: Worker, name: str, idle: threading.Event) -> None:
        try:
            while step := self.front.take():
                self._tell(step.key, self._try(worker, step.key, name), name)
        except Exception as error:  # who watches may fail; the other hands must not wait for this one
            self.problem = self.problem or error
            self.front.stop()
        finally:
            worker.close()
            idle.set()

    def _tell(self, key: str, answer: WorkerAnswer, name: str) -> None:
        if answer.code == INTERRUPTED:
            self.interrupted = True
            self.front.stop()
        elif answer.code == ENVIRONMENT:
            self.problem = self.problem or EnvironmentProblem(answer.text)
            self.front.stop()
        else:
            settle(self.front, self.job.store, key, answer, name)

    def _try(self, worker: Worker, key: str, name: str) -> WorkerAnswer:
        try:
            return attempted(
                self.settings.attempts,
                lambda: worker.do(key, lambda said: self._hear(key, name, said)),
                lambda answer: self.front.warned(key, f"{answer.text}; it is tried again"),
            )
        except OSError as error:
            return WorkerAnswer(ENVIRONMENT, f"no worker can be had: {error}")

    def _hear(self, key: str, name: str, said: Mapping[str, Any]) -> None:
        if said["what"] == "warned":
            self.front.warned(key, said["text"])
        else:
            self.front.started(key, name)
