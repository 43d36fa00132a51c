"""A run without what Windows lacks: calls, signals and modules of Unix alone, and waiting for the disk through a reader."""

import os
import subprocess
import sys

LACKING = """
import fcntl, os, signal, sys, torch, transformers
usual = os.fsync

def fsync(number):
    if fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(9, "Bad file descriptor")  # what FlushFileBuffers makes of it
    usual(number)

os.fsync = fsync
for name in ("sched_getaffinity", "fork", "getuid", "geteuid", "killpg", "setsid", "statvfs"):
    delattr(os, name)
for name in ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGKILL", "SIGPIPE", "SIGALRM"):
    delattr(signal, name)
sys.modules.update(dict.fromkeys(("pwd", "grp", "termios", "pty")))
sys.argv = ["adaptstilts", *sys.argv[1:]]
from adaptstilts.cli.main import main
main()
"""
SMALL = ("transfer.rows=32", "transfer.tasks.pawsx.steps=2", "evaluation.rows=8", "evaluation.languages=[en,qaa]")


def test_a_run_asks_for_nothing_that_windows_lacks(tmp_path):
    words = ("fuse", "--tasks", "squad,mnli", "--target", "pawsx", "--attacks", "swap")
    settings = [word for text in SMALL for word in ("--set", text)]
    done = subprocess.run(
        [sys.executable, "-c", LACKING, *words, *settings], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "ADAPTSTILTS_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "fuse(mnli, squad) → pawsx" in done.stdout
    assert len(list(tmp_path.glob("runs/steps/*/record.json"))) == 3
