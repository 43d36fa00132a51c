"""What the package says as it goes: to the user's own logging, as that is set up, and whole to who listens in this thread."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator


class _Here(threading.local):
    """Who listens in this thread; runs in other threads have their own."""

    def __init__(self) -> None:
        self.handlers: tuple[logging.Handler, ...] = ()


_here = _Here()


class Speaker:
    """Says things in a module's name. Listeners hear them whatever levels and handlers the user's logging has."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, text: str) -> None:
        self._say(logging.INFO, text)

    def warning(self, text: str) -> None:
        self._say(logging.WARNING, text)

    def _say(self, level: int, text: str) -> None:
        for handler in _here.handlers:
            if level >= handler.level:
                handler.handle(logging.makeLogRecord({"name": self._logger.name, "levelno": level, "msg": text}))
        self._logger.log(level, text, stacklevel=3)


def listening() -> tuple[logging.Handler, ...]:
    """The handlers that have what this thread says."""
    return _here.handlers


@contextlib.contextmanager
def heard_by(handler: logging.Handler) -> Iterator[None]:
    """Let `handler` have what this thread says, until the block ends."""
    before, _here.handlers = _here.handlers, (*_here.handlers, handler)
    try:
        yield
    finally:
        _here.handlers = before
        handler.close()
