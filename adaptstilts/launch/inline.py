"""The simplest engine: steps one after another in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adaptstilts.errors import EnvironmentProblem, Interrupted
from adaptstilts.launch.front import Event, Front
from adaptstilts.settings import Section
from adaptstilts.steps.step import Step
from adaptstilts.store.store import Busy
from adaptstilts.threads import cap_threads

if TYPE_CHECKING:
    from adaptstilts.launch.job import Job
    from adaptstilts.work.session import Session


@dataclass(frozen=True)
class Settings(Section):
    """There is nothing to set: the process's own threads and device are used."""

    engine: str = "inline"


def launch(front: Front, job: Job, settings: Settings) -> None:
    """Do the steps here. Raises as `go`."""
    from adaptstilts.work.session import Session

    now = [""]

    def say(text: str) -> None:
        front.said(now[0], text)

    go(front, Session(job.config, job.store, job.zoo, progress=job.progress, say=say, apart=job.apart), now)


def go(front: Front, session: Session, now: list[str]) -> None:
    """Do all steps of the front with one session; `now` holds the key of the step that is being done.

    A step that another process is at is put off while there are others to do. Raises Interrupted when stopped from outside,
    and EnvironmentProblem at once: what is wrong with the machine is wrong for every step.
    """
    from adaptstilts.training.processes import crew
    from adaptstilts.work.step import lasting, work

    cap_threads()
    together = crew().num_processes > 1
    while step := front.take():
        now[0] = step.key
        try:
            work(step, session, wait=together or not front.more, begun=lambda: front.started(now[0]))
        except Busy:
            front.put_off(step.key)
        except KeyboardInterrupt as stop:
            raise Interrupted("stopped", do="Run the same command again: finished steps are kept.") from stop
        except Interrupted:
            raise
        except Exception as error:
            if not lasting(error):
                raise environment(error, step) from error
            front.failed(step.key, said(error), error)
        else:
            front.done(step.key)


def said(error: BaseException) -> str:
    """An error in words: ours as they are, any other with its name."""
    from adaptstilts.errors import AdaptstiltsError

    return str(error) if isinstance(error, AdaptstiltsError) else f"{type(error).__name__}: {error}"


def environment(error: Exception, step: Step) -> EnvironmentProblem:
    """What is wrong with the machine as the error that says so."""
    if isinstance(error, EnvironmentProblem):
        return error
    named = error if isinstance(error, OSError) else OSError(str(error))
    what = f"{named.strerror or type(error).__name__}: {named.filename or step.title}"
    return EnvironmentProblem(what, do="Finished steps are kept; see to the disk or the path.")


def run(steps: Iterable[Step], session: Session, say: Callable[[str], None]) -> None:
    """Do the steps in order with this session. One that fails takes those that need it along and no others.

    Raises the one failure if there was one, StepsFailed if there were several; and as `go`.
    """

    def events(event: Event) -> None:
        if event.what == "started":
            say(f"{event.title} [{event.key}]")
        if event.what == "failed":
            say(f"failed: {event.title}: {event.text}")

    front = Front(tuple(steps), events)
    go(front, session, [""])
    front.outcome().raise_failed()
