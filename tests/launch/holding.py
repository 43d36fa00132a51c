"""Another process that holds a lock."""

import contextlib
import subprocess
import sys

HOLD = """\
import sys, time
from pathlib import Path
from adaptstilts.locks import held
with held(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@contextlib.contextmanager
def holding(path, seconds):
    """The process, which holds the lock `path` for so long; its command has a password and an escape sequence in it."""
    command = [sys.executable, "-c", HOLD, str(path), str(seconds), "https://me:secret@host/x", "\x1b[31m"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
