"""The engine for a Slurm cluster, by way of submitit: a job array per level of dependency, requeued when it is preempted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge
from typing_extensions import Doc

from adaptstilts.errors import EnvironmentProblem, Interrupted
from adaptstilts.launch.front import Front
from adaptstilts.launch.job import Job
from adaptstilts.launch.logs import tell_started
from adaptstilts.launch.worker import DONE, ENVIRONMENT, INTERRUPTED, WorkerAnswer, attempted, death, ended_with
from adaptstilts.settings import Count, Natural, Section
from adaptstilts.store.store import Store, last_line


@dataclass(frozen=True)
class Settings(Section):
    """What a step asks Slurm for, and how the queue is watched; null leaves the cluster's own default."""

    engine: str = "slurm"
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    minutes: Annotated[Count, Doc("Of time; a step that needs more keeps a checkpoint and queues again.")] = 240
    cpus: Annotated[Count, Doc("Cores.")] = 4
    gpus: Annotated[Natural, Doc("GPUs.")] = 0
    memory: Annotated[float | None, Ge(0), Doc("GB.")] = None
    array: Annotated[Count, Doc("Most jobs of one array.")] = 1000
    together: Annotated[Count, Doc("Most jobs of one array that run at once.")] = 256
    notice: Annotated[Natural, Doc("Seconds before its time is over at which a job is told.")] = 90
    setup: Annotated[tuple[str, ...], Doc("Lines of shell before the command.")] = ()
    more: Annotated[Mapping[str, Any], Doc("Further options of sbatch.")] = field(default_factory=dict)
    attempts: Annotated[Count, Doc("How often a step is tried whose command is killed.")] = 3
    seconds: Annotated[float, Ge(0), Doc("Between two looks at the queue.")] = 10.0


def launch(front: Front, job: Job, settings: Settings) -> None:
    """Submit all steps, level by level, and watch the queue and the store until each is done or failed.

    A level's jobs start when those of the level before have ended, well or not; a job whose step lacks what it needs ends
    at once. Raises EnvironmentProblem without submitit or Slurm, Interrupted when stopped: then the jobs are cancelled,
    and keep checkpoints.
    """
    jobs: dict[str, Any] = {}
    since = time.time()
    try:
        for level in levels(front):
            before = sorted({found.job_id.split("_")[0] for found in jobs.values()}, key=int)
            for start in range(0, len(level), settings.array):
                jobs |= _submitted(level[start : start + settings.array], job, settings, before)
        _watch(front, job.store, jobs, settings, since)
    except (KeyboardInterrupt, Interrupted) as stop:
        numbers = sorted({found.job_id.split("_")[0] for found in jobs.values()}, key=int)
        if numbers:
            subprocess.run(["scancel", *numbers], check=False)
        do = "The jobs are cancelled, checkpoints kept. Run the same command again."
        raise Interrupted("stopped", do=do) from stop


def levels(front: Front) -> list[list[str]]:
    """The open keys by the length of the longest chain of open steps below them."""
    depth: dict[str, int] = {}
    open_keys = front.open
    for key in open_keys:  # in order: each after what it needs
        depth[key] = 1 + max((depth[need] for need in front.needs[key] if need in depth), default=-1)
    return [[key for key in open_keys if depth[key] == level] for level in range(max(depth.values(), default=-1) + 1)]


def _submitted(keys: list[str], job: Job, settings: Settings, before: list[str]) -> dict[str, Any]:
    """One job array for these keys, which starts after the jobs with the numbers `before` have ended."""
    try:
        import submitit
    except ImportError as error:
        raise EnvironmentProblem("submitit is not installed", do="pip install 'adaptstilts[slurm]'") from error
    try:
        executor = submitit.SlurmExecutor(job.store.root.resolve() / "slurm")
        executor.update_parameters(**_parameters(settings, before))
        words, told = job.words("slurm", "-"), job.variables(settings.cpus)
        doing = StepJob(words[:-1], told, str(job.store.root.resolve()), settings.attempts)
        found = executor.map_array(doing, keys)
    except (RuntimeError, submitit.core.utils.FailedSubmissionError, OSError) as error:
        raise EnvironmentProblem(f"Slurm does not take the jobs ({error})", where="slurm") from error
    return dict(zip(keys, found, strict=True))


def _parameters(settings: Settings, before: list[str]) -> dict[str, Any]:
    """What submitit is told for an array."""
    wanted = {
        "job_name": "adaptstilts",
        "partition": settings.partition,
        "account": settings.account,
        "qos": settings.qos,
        "time": settings.minutes,
        "cpus_per_task": settings.cpus,
        "gpus_per_node": settings.gpus or None,
        "mem": None if settings.memory is None else f"{int(settings.memory * 1024)}MB",
        "array_parallelism": settings.together,
        "signal_delay_s": settings.notice,
        "setup": list(settings.setup) or None,
        "dependency": "afterany:" + ":".join(before) if before else None,
    }
    more = {"requeue": True, **settings.more}
    return {**{name: value for name, value in wanted.items() if value is not None}, "additional_parameters": more}


def _watch(front: Front, store: Store, jobs: Mapping[str, Any], settings: Settings, since: float) -> None:
    """Tell the front what becomes of each step, from the store; a job that is gone without a word has failed."""
    gone: set[str] = set()
    while keys := front.open:
        queued = _queued()
        for key in keys:
            job = jobs[key]
            worker = f"job {job.job_id}"
            if not front.is_open(key):  # skipped by now
                continue
            if store.whole(key):
                front.done(key, worker, store.record(key).cost.seconds)
            elif why := store.error(key):
                front.failed(key, last_line(why), worker=worker)
            elif job.job_id in queued:
                gone.discard(key)
            elif key not in gone:  # a slow file system may show a record late
                gone.add(key)
            else:
                _tell_gone(front, store, key, job)
        tell_started(front, store, since)
        if front.open:
            time.sleep(settings.seconds)


def _tell_gone(front: Front, store: Store, key: str, job: Any) -> None:
    """A job that is out of the queue and left neither record nor error."""
    code = job.result() if job.paths.result_pickle.exists() else None
    log = job.paths.stderr
    if code == INTERRUPTED:
        raise Interrupted(f"job {job.job_id} was stopped and not requeued")
    if code == ENVIRONMENT:
        raise EnvironmentProblem(f"job {job.job_id} met a problem of its machine", where=str(log))
    if "JobState=CANCELLED" in _shown(job.job_id):
        raise Interrupted(f"job {job.job_id} was cancelled")
    what = f"job {job.job_id} ended with neither record nor error (time, memory, or its node); see {log}"
    store.fail(key, what + "\n")
    front.failed(key, what, worker=f"job {job.job_id}")


def _queued() -> set[str]:
    """The numbers of this user's jobs that wait or run, array tasks one by one."""
    asked = ["squeue", "--noheader", "--array", "--me", "--format=%i"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentProblem(f"squeue does not answer ({error})", where="slurm") from error
    return set(done.stdout.split())


@dataclass(frozen=True)
class StepJob:
    """What a Slurm job does with a key: the command that every engine runs; stopped, it goes back into the queue."""

    words: list[str]
    told: Mapping[str, str]
    store: str
    attempts: int = 1

    def __call__(self, key: str) -> int:
        """The command's exit code. Slurm's signals reach the command by themselves; here they must only not end us."""
        for number in (signal.SIGTERM, signal.SIGUSR2, signal.SIGCONT):
            signal.signal(number, lambda *_: None)
        answer = attempted(self.attempts, lambda: self._do(key))
        if answer.code == INTERRUPTED:
            requeue()
        if answer.code < DONE:
            Store(Path(self.store)).fail(key, answer.text)
        return answer.code

    def _do(self, key: str) -> WorkerAnswer:
        command = ended_with([sys.executable, *self.words, key])
        code = subprocess.Popen(command, env={**os.environ, **self.told}).wait()
        return WorkerAnswer(code) if code >= DONE else death(code)


def _shown(number: str, run: Callable[..., Any] = subprocess.run) -> str:
    """What Slurm tells of a job; nothing of one that it has forgotten."""
    told: str = run(["scontrol", "show", "job", number], capture_output=True, text=True, check=False).stdout
    return told


def requeue(run: Callable[..., Any] = subprocess.run) -> None:
    """Put this job back into the queue, unless it was cancelled or Slurm has done so already."""
    task = os.environ.get("SLURM_ARRAY_TASK_ID")
    number = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{task}" if task else os.environ["SLURM_JOB_ID"]
    if "JobState=RUNNING" in _shown(number, run):
        run(["scontrol", "requeue", number], check=False)
