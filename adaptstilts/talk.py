"""Talk: what the package says as it goes, through the loggers below `adaptstilts`, and who hears it."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def heard_by(handler: logging.Handler) -> Iterator[None]:
    """Let `handler` have what this thread says, until the block ends; runs in other threads have their own."""
    here, tree = threading.get_ident(), logging.getLogger("adaptstilts")
    handler.addFilter(lambda record: record.thread == here)
    tree.addHandler(handler)
    try:
        yield
    finally:
        tree.removeHandler(handler)
        handler.close()
