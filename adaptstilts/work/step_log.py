"""The log of a step: what is said while it is done, a line each with its time, behind what stands there."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from adaptstilts.listeners import heard_by


class StepLog(logging.FileHandler):
    """Writes each message as a line; a disk that says no is told as everywhere."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, encoding="utf-8", delay=True)  # until its folder is there
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))

    def note(self, text: str) -> None:
        """Write a line that nobody else hears."""
        self.emit(logging.makeLogRecord({"msg": text}))

    def handleError(self, record: logging.LogRecord) -> None:
        raise  # logging calls this while it handles the error


@contextlib.contextmanager
def step_log(file: Path) -> Iterator[Callable[[str], None]]:
    """Write what this thread says into `file` too, until the block ends; gives a way to tell the file alone."""
    log = StepLog(file)
    with heard_by(log):
        yield log.note
