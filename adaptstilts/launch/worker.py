"""A worker: a process of its own that runs `adaptstilts work` for one key after another, and is missed when it dies."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adaptstilts.errors import EnvironmentProblem, Interrupted
from adaptstilts.launch.front import Front
from adaptstilts.stops import STOPS
from adaptstilts.store.store import Store

DONE, ENVIRONMENT, INTERRUPTED = 0, EnvironmentProblem.exit_code, Interrupted.exit_code
"""What a step's command ends with where it matters to an engine; any other positive code is the step's own failure."""


@dataclass(frozen=True)
class WorkerAnswer:
    """How a step went: the exit code of its command, and what was wrong. A negative code is a signal's: the worker died."""

    code: int
    text: str = ""


_STOPPED = WorkerAnswer(INTERRUPTED, "stopped from outside")


def ended_with(command: Sequence[str]) -> list[str]:
    """The command of a step's process that ends with this one, however this one ends."""
    return [*command, "--parent", str(os.getpid())]


def attempted(
    attempts: int, do: Callable[[], WorkerAnswer], again: Callable[[WorkerAnswer], None] = lambda answer: None
) -> WorkerAnswer:
    """The last answer of so many attempts at a step: whose worker is killed is tried again, and has failed when it always is.

    `again` is called with the answer of an attempt that is not the last.
    """
    for _ in range(attempts - 1):
        answer = do()
        if answer.code >= 0:
            return answer
        again(answer)
    return do()


class Worker:
    """A long-lived process that does steps by key, so that torch is imported once for all of them.

    It is started by the first step and again by the next one after it died. It does not hear the terminal's Ctrl-C: who
    holds it decides what to tell it. It ends when this process does, and, on Linux, when the thread ends that had it do its first step.
    """

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._command, self._environment = ended_with(command), environment
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def do(self, key: str, told: Callable[[Mapping[str, Any]], None] = lambda said: None) -> WorkerAnswer:
        """Do a step and wait for it; `told` is called with what it says in between, as `serve` has it."""
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a worker has pipes")
        if self._stopped:
            return _STOPPED
        try:
            process.stdin.write(f"{key}\n")
            process.stdin.flush()
            for line in process.stdout:
                said = json.loads(line)
                if "code" in said:
                    return WorkerAnswer(said["code"], said["text"])
                told(said)
        except BrokenPipeError:
            pass
        code = self._ended(process)
        return _STOPPED if self._stopped else death(code)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is not None:
            self._ended(self._process)
        if self._process is None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=pipe, stdout=pipe, text=True, start_new_session=True
            )
        return self._process

    def interrupt(self) -> None:
        """Have it keep a checkpoint of what it is doing, and end; it starts nothing any more."""
        self._stopped = True
        process = self._process  # another thread may be done with it meanwhile
        if process is not None and process.poll() is None:
            process.terminate()

    def kill(self) -> None:
        """End it at once, if it does not heed `interrupt`."""
        self._stopped = True
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def close(self) -> None:
        """Let it end, which it does when it has nothing more to do."""
        if self._process is not None:
            self._ended(self._process)

    def _ended(self, process: subprocess.Popen[str]) -> int:
        """The exit code of a process that is not spoken to any more."""
        self._process = None
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close() if pipe is not None else None
        return process.wait()


def death(code: int) -> WorkerAnswer:
    """What is to be said of a process that ended with `code` in the middle of a step: stopped, or, by any other signal, dead."""
    if code == INTERRUPTED or -code in STOPS:
        return _STOPPED
    if code >= 0:
        return WorkerAnswer(code, f"the worker ended with code {code} in the middle of the step; see its log.txt")
    name = signal.Signals(-code).name
    hint = "; the kernel does that when memory runs out" if name == "SIGKILL" else ""
    return WorkerAnswer(code, f"the worker that did this step was killed by {name}{hint}")


def settle(front: Front, store: Store, key: str, answer: WorkerAnswer, worker: str) -> None:
    """Tell the front how a step went that did not end in an interrupt; a death is kept in the step's folder as its error.

    EnvironmentProblem for one that went wrong because the store is no longer there.
    """
    if answer.code == DONE:
        front.done(key, worker)
        return
    if not store.described(key):
        do = "Was the store removed or moved while this ran? Run the same command again."
        raise EnvironmentProblem("what was planned here is gone", where=str(store.folder(key)), do=do)
    if answer.code < 0:
        store.fail(key, answer.text + "\n")
    front.failed(key, answer.text, worker=worker)
