"""The simplest engine: steps one after another in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adaptstilts.data.workers import threads
from adaptstilts.errors import AdaptstiltsError, EnvironmentProblem, Interrupted, StepsFailed
from adaptstilts.experiments.session import Session
from adaptstilts.experiments.steps import Step
from adaptstilts.experiments.work import work


def run(steps: Iterable[Step], session: Session, say: Callable[[str], None]) -> None:
    """Do the steps in order. One that fails takes those that need it along and no others.

    Raises the one failure if there was one, StepsFailed if there were several, Interrupted when stopped from outside, and
    EnvironmentProblem at once: what is wrong with the machine is wrong for every step.
    """
    cap_threads()
    failed: dict[str, tuple[Step, Exception]] = {}
    for step in steps:
        broken = next((need for need in step.needs if need.key in failed), None)
        if broken:
            failed[step.key] = failed[broken.key]
            continue
        say(f"{step.title} [{step.key}]")
        try:
            work(step, session)
        except KeyboardInterrupt as stop:
            raise Interrupted("stopped", do="Run the same command again: finished steps are kept.") from stop
        except (Interrupted, EnvironmentProblem):
            raise
        except OSError as error:
            what = f"{error.strerror or type(error).__name__}: {error.filename or step.title}"
            raise EnvironmentProblem(what, do="Finished steps are kept; see to the disk or the path.") from error
        except Exception as error:
            failed[step.key] = (step, error)
            say(f"failed: {step.title}: {error}")
    _raise(failed)


def cap_threads() -> int:
    """Let torch use as many threads as this process may; set ADAPTSTILTS_THREADS to cores / jobs when jobs run side by side."""
    import torch

    torch.set_num_threads(threads())
    return threads()


def _raise(failed: dict[str, tuple[Step, Exception]]) -> None:
    roots = {step.key: (step, error) for step, error in failed.values()}
    if not roots:
        return
    if len(roots) == 1:
        step, error = next(iter(roots.values()))
        if isinstance(error, AdaptstiltsError):
            raise error
        raise StepsFailed(f"{type(error).__name__}: {error}", where=f"step {step.key} ({step.title})") from error
    lines = "".join(f"\n  - {step.title} [{step.key}]: {error}" for step, error in roots.values())
    raise StepsFailed(f"{len(roots)} steps failed{lines}")
