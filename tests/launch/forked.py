"""The kills of sweeps with every process forked from this one, which has imported what they need: many in little time.

What is left out is what `python -m adaptstilts` does before `main` and after it; signals, pipes, locks and the parent's death are real.
"""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.launch import killing

SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux's prctl(2): orphans become this process's children."""


class Fork:
    """In place of `subprocess.Popen` for commands of ours."""

    def __init__(self, command, *, env, stdout, stdin=None, stderr=None, cwd=None, text=True, start_new_session=True):
        reading, writing = os.pipe()
        hearing, telling = os.pipe()
        self.returncode = None
        self.pid = os.fork()
        if not self.pid:
            try:
                if cwd is not None:
                    os.chdir(cwd)
                os.setsid()
                _run(command, env, (hearing, writing, 2 if stderr is None else stderr.fileno()))
            finally:
                os._exit(70)
        os.close(writing)
        os.close(hearing)
        self.stdout, self.stdin = os.fdopen(reading), os.fdopen(telling, "w")
        if stdin is None:
            self.stdin.close()

    def poll(self):
        if self.returncode is None:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout=float("inf")):
        until = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("fork", timeout)
            time.sleep(0.01)
        return self.returncode

    def communicate(self, timeout=float("inf")):
        self.wait(timeout)  # what it says fits into the pipe
        self.stdout.close()

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(killing.signal.SIGTERM)

    def kill(self):
        self.send_signal(killing.signal.SIGKILL)


def _run(command, env, streams):
    """Be the command."""
    from adaptstilts.cli.main import main
    from adaptstilts.launch import worker

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 1024)  # as `exec` does: a pipe that others hold too has no end
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, closefd=False, encoding="utf-8")  # noqa: SIM115
        for number, mode in enumerate("rww")
    )
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["adaptstilts", *command[command.index("adaptstilts") + 1 :]]
    worker.subprocess = type("Forking", (), {"Popen": Fork, "PIPE": subprocess.PIPE})
    code = 70
    try:
        main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stderr.flush()
        os._exit(code)


class ForkedCommand(killing.Command):
    """A command that is a fork of this process, as are those that it starts."""

    start = Fork

    def living(self):
        parents = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(folder.name)] = int(parent)
        found = {os.getpid()}
        while more := {number for number, parent in parents.items() if parent in found} - found:
            found |= more
        return sorted(found - {os.getpid()})


def sweeps(root, wanted, seed):
    """`killing.sweeps` in forks."""
    import ctypes

    import torch

    import adaptstilts.work.step  # noqa: F401

    torch.set_num_threads(1)
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    return killing.sweeps(root, wanted, seed, ForkedCommand)
