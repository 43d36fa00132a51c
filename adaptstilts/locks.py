"""Locks between processes, on files; beside each stands who holds it, for those who wait."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts.bounds import read_json
from adaptstilts.errors import redact
from adaptstilts.listeners import Speaker

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = Speaker(__name__)

HOLDER = ".holder"
"""Ends the name of the file that says who holds the lock whose name comes before."""

SHORT, LONG = 0.5, 10.0
"""Seconds of waiting before a word is said, and until it is looked again who holds the lock."""

_LETTERS = 300
"""So much of a command is told."""


class Busy(Exception):
    """Another process holds the lock."""


@contextlib.contextmanager
def held(path: Path, what: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file `path` until the block ends, or this process does, however it ends; its folder must be there.

    While another process holds it this one waits, and says for what and for whom; or raises Busy where it shall not. Raises OSError, and
    NotImplementedError on a file system without locks.
    """
    import filelock

    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=SHORT if wait else 0)
    except filelock.Timeout:
        if not wait:
            raise Busy(str(path)) from None
        _await(lock, path, what)
    beside = path.with_name(path.name + HOLDER)
    try:
        with contextlib.suppress(OSError):  # a full disk harms the work, not the lock
            beside.write_text(json.dumps(_own()), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
        lock.release()


@contextlib.contextmanager
def free(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` for a moment if nobody else does, until the block ends; whether that is so. OSError."""
    import filelock

    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _await(lock: BaseFileLock, path: Path, what: str) -> None:
    """Acquire the lock, however long it takes; whoever holds it is named, again when that is another one."""
    import filelock

    said = ""
    while True:
        holder = holder_of(path)
        if holder != said:
            log.warning(f"waiting for {what}, which {holder} holds")
            said = holder
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=LONG)
            return


def holder_of(path: Path) -> str:
    """The process that holds the lock, or held it last: its number, machine, since when, and its command, as far as it is told."""
    try:
        found = read_json(path.with_name(path.name + HOLDER))
        facts = [f"{int(found['pid'])} on {found['host']}", f"since {found['since']}", str(found["command"])]
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
    told = ", ".join(fact[:_LETTERS] for fact in facts)
    return f"another process ({''.join(letter if letter.isprintable() else '?' for letter in told)})"


def _own() -> dict[str, object]:
    """This process, as those who wait for it are told of it."""
    program, *words = sys.orig_argv or sys.argv or ["python"]
    command = redact(shlex.join([Path(program).name, *words]))[:_LETTERS]
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since, "command": command}
