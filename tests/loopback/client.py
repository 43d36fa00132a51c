"""A process of its own whose Hub clients talk to a loopback Hub; they read their endpoint and cache when imported."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest.mock import patch


class Failed(AssertionError):
    """An error of the other process: `kind` is its class, `code` the exit code that the command line would end with."""

    def __init__(self, kind: str, text: str, code: int | None) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind, self.text, self.code = kind, text, code


class Client:
    """Calls functions of importable modules in another process, which starts with the first call.

    `home` holds the clients' caches and is the process's working directory. `offline` sets HF_HUB_OFFLINE. Waits between
    attempts are left out there, and timeouts last a second.
    """

    def __init__(self, address: str, home: Path, *, offline: bool = False, **variables: str) -> None:
        self.home = home
        self._variables = {
            "HF_ENDPOINT": address,
            "HF_HOME": str(home / "huggingface"),
            "HF_HUB_OFFLINE": str(int(offline)),
            "HF_HUB_ETAG_TIMEOUT": "1",
            "HF_HUB_DOWNLOAD_TIMEOUT": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "0",
            "HF_TOKEN": "",
            "ADAPTSTILTS_LOCK": "",
            "OMP_NUM_THREADS": "1",
            **variables,
        }
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def __call__(self, function: Callable[..., Any], *words: Any, **named: Any) -> Any:
        """What `function` returns there; Failed for what it raises."""
        if self._pool is None:
            self.home.mkdir(parents=True, exist_ok=True)
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin, (str(self.home),))
            with patch.dict(os.environ, self._variables):
                self._pool.submit(int).result()
        done, value = self._pool.submit(_attempt, function, words, named).result()
        if not done:
            raise Failed(*value)
        return value


def _begin(home: str) -> None:
    import time

    os.chdir(home)
    time.sleep = lambda seconds: None


def _attempt(function: Callable[..., Any], words: tuple[Any, ...], named: dict[str, Any]) -> tuple[bool, Any]:
    """Errors travel as text: not every class of them can be pickled."""
    try:
        return True, function(*words, **named)
    except Exception as error:
        return False, (type(error).__name__, str(error), getattr(error, "exit_code", None))
