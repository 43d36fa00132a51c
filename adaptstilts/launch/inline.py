"""The simplest engine: steps one after another in this process."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from adaptstilts.errors import AdaptstiltsError, EnvironmentProblem, Interrupted
from adaptstilts.launch.front import Front
from adaptstilts.listeners import heard_by
from adaptstilts.locks import Busy
from adaptstilts.settings import Section
from adaptstilts.steps.step import Step
from adaptstilts.threads import cap_threads

if TYPE_CHECKING:
    from adaptstilts.launch.job import Job


@dataclass(frozen=True)
class Settings(Section):
    """There is nothing to set: the process's own threads and device are used."""

    engine: str = "inline"


def launch(front: Front, job: Job, settings: Settings) -> None:
    """Do the steps here, with one session.

    A step that another process is at is put off while there are others to do. Raises Interrupted when stopped from outside,
    and EnvironmentProblem at once: what is wrong with the machine is wrong for every step.
    """
    from adaptstilts.training.processes import crew
    from adaptstilts.work.session import Session
    from adaptstilts.work.step import lasting, work

    cap_threads()
    together = crew().num_processes > 1
    session = Session(job.config, job.store, job.zoo, progress=job.progress, apart=job.apart)
    while step := front.take():
        try:
            with heard_by(_SaidEvents(front, step.key)):
                work(step, session, wait=together or not front.more, begun=partial(front.started, step.key))
        except Busy:
            front.put_off(step.key)
        except KeyboardInterrupt as stop:
            raise Interrupted("stopped", do="Run the same command again: finished steps are kept.") from stop
        except Interrupted:
            raise
        except Exception as error:
            if not lasting(error):
                raise environment(error, step) from error
            front.failed(step.key, message_of(error), error)
        else:
            front.done(step.key)


class _SaidEvents(logging.Handler):
    """Makes events of a run of what is said while a step is done."""

    def __init__(self, front: Front, key: str) -> None:
        super().__init__()
        self._front, self._key = front, key

    def emit(self, record: logging.LogRecord) -> None:
        tell = self._front.warned if record.levelno >= logging.WARNING else self._front.said
        tell(self._key, record.getMessage())


def message_of(error: BaseException) -> str:
    """An error in words: ours as they are, any other with its name."""
    return str(error) if isinstance(error, AdaptstiltsError) else f"{type(error).__name__}: {error}"


def environment(error: Exception, step: Step) -> EnvironmentProblem:
    """What is wrong with the machine as the error that says so."""
    if isinstance(error, EnvironmentProblem):
        return error
    named = error if isinstance(error, OSError) else OSError(str(error))
    what = f"{named.strerror or type(error).__name__}: {named.filename or step.title}"
    return EnvironmentProblem(what, do="Finished steps are kept; see to the disk or the path.")
