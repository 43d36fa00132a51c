"""Doing steps by their keys, as `adaptstilts work` does in every engine: one, or those that come in on a stream."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts.config.load import Config
from adaptstilts.errors import AdaptstiltsError, InputError, Interrupted, StepsFailed
from adaptstilts.launch.inline import environment, message_of
from adaptstilts.listeners import heard_by
from adaptstilts.plan.cell import pending
from adaptstilts.steps.step import Step
from adaptstilts.store.planned import read_planned
from adaptstilts.store.store import LOG, Store
from adaptstilts.threads import cap_threads
from adaptstilts.zoo.zoo import Zoo, Zoos

if TYPE_CHECKING:
    from adaptstilts.work.session import Session


class Doer:
    """One process that does steps of a store by key; steps of one config share what it has opened."""

    def __init__(self, store: Store, zoo: Zoo | Zoos, *, engine: str) -> None:
        self.store, self.zoo, self.engine = store, zoo, engine
        self._session: Session | None = None

    def do(self, key: str, *, upstream: bool = False, begun: Callable[[], None] = lambda: None) -> None:
        """Do the planned step, and with `upstream` what it needs first. A step that is done stays as it is.

        Raises UnknownName for a key that nothing planned, InputError where a step that it needs is not done, StepsFailed if
        the step failed (its folder has the error), EnvironmentProblem, Interrupted.
        """
        step, config = read_planned(self.store, key)
        todo = pending([step], self.store, whole=True)
        if len(todo) > 1 and not upstream:
            lines = "".join(f"\n  {need.title} [{need.key}]{self._why(need)}" for need in todo[:-1])
            do = f"Do these first, or add --upstream:{lines}"
            raise InputError(f"{step.title} needs steps that are not done", where=f"step {key}", do=do)
        for one in todo:
            self._work(one, config, begun)

    def _why(self, need: Step) -> str:
        return ", which failed" if self.store.error(need.key) else ""

    def _work(self, step: Step, config: Config, begun: Callable[[], None]) -> None:
        from adaptstilts.work.step import lasting, work

        try:
            work(step, self._opened(config), begun=begun)
        except (KeyboardInterrupt, Interrupted) as stop:
            do = "Its checkpoint is kept: the same command goes on from there."
            raise Interrupted("stopped", where=f"step {step.key}", do=do) from stop
        except Exception as error:
            if not lasting(error):
                raise environment(error, step) from error
            raise StepsFailed(message_of(error), where=f"{step.title} [{step.key}]") from error

    def _opened(self, config: Config) -> Session:
        from adaptstilts.work.session import Session

        if self._session is None or self._session.config != config:
            cap_threads()
            self._session = Session(config, self.store, self.zoo, engine=self.engine)
        return self._session


def serve(doer: Doer, keys: Iterable[str], answer: Callable[[dict[str, Any]], None]) -> int:
    """Do steps whose keys come one a line, until there are no more; the exit code to leave with.

    Each is answered by `{"key", "what": "started"}` when there is work, by `{"key", "what": "warned", "text"}` for a word that matters,
    and then by `{"key", "code", "seconds", "text"}`, where `code` is what the command for this key alone would have ended with. What
    libraries print goes to the step's log.
    """
    for line in keys:
        key, began = line.strip(), time.monotonic()
        if not key:
            continue
        code, text = 0, ""
        try:
            with _printed_to(doer.store.folder(key)), heard_by(_Warnings(key, answer)):
                doer.do(key, begun=lambda key=key: answer({"key": key, "what": "started"}))  # type: ignore[misc]
        except AdaptstiltsError as error:
            code, text = error.exit_code, str(error)
        answer({"key": key, "code": code, "seconds": round(time.monotonic() - began, 3), "text": text})
        if code == Interrupted.exit_code:
            return code
    return 0


class _Warnings(logging.Handler):
    """Answers with each warning that is given while a step is done."""

    def __init__(self, key: str, answer: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(logging.WARNING)
        self._key, self._answer = key, answer

    def emit(self, record: logging.LogRecord) -> None:
        self._answer({"key": self._key, "what": "warned", "text": record.getMessage()})


@contextlib.contextmanager
def _printed_to(folder: Path) -> Iterator[None]:
    """What this process and its children print goes to the folder's log; nowhere else if there is no folder."""
    if not folder.is_dir():
        yield
        return
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.dup(1), os.dup(2)
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        for stream in (1, 2):
            os.dup2(log, stream)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for stream, old in zip((1, 2), before, strict=True):
            os.dup2(old, stream)
        for number in (*before, log):
            os.close(number)
