"""Which steps of a run may start now, and what became of the others; every engine asks here and tells here."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from adaptstilts.errors import AdaptstiltsError, StepsFailed
from adaptstilts.steps.step import Step


@dataclass(frozen=True)
class Event:
    """Something that happened in a run: to the step `key`, or to the run as a whole where that is empty.

    `planned`: the run has `total` steps to do, and found `before` done already. `said`: `text` is talk, `warned`: it matters
    (who holds what is waited for; that a worker was killed and the step is tried again). `started`, `done`
    (after `seconds`), `failed` and `skipped` (`text` says why; `because` is the key of the failed step). `worker` says who,
    `of` is the title of the transfer that a score is of.
    """

    what: Literal["planned", "started", "said", "warned", "done", "failed", "skipped", "ended"]
    key: str = ""
    step: str = ""
    title: str = ""
    seconds: float | None = None
    text: str = ""
    because: str = ""
    worker: str = ""
    total: int | None = None
    before: int | None = None
    of: str = ""

    @property
    def named(self) -> str:
        """The step for people, and its key."""
        return f"{self.title}{self.of and ' of '}{self.of} [{self.key}]"

    def plain(self) -> dict[str, Any]:
        """The event as JSON, without what it does not say."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


def event_of(what: Any, step: Step, **more: Any) -> Event:
    """Something that happened to a step."""
    of = step.run.title if step.run and step.run is not step else ""
    return Event(what, step.key, step.kind, step.title, of=of, **more)


Events = Callable[[Event], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `failed` holds by key what went wrong, `skipped` the key of the failed step that each would have needed.

    `before` counts steps that were done when the run began, `left` are those that a limit left for later.
    """

    done: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    before: int = 0
    causes: Mapping[str, BaseException] = field(default_factory=dict, repr=False, compare=False)

    def raise_failed(self) -> None:
        """Raise the one failure if there was one, StepsFailed, which names them all, if there were several."""
        if not self.failed:
            return
        key, said = next(iter(self.failed.items()))
        cause = self.causes.get(key)
        if len(self.failed) == 1 and isinstance(cause, AdaptstiltsError):
            raise cause
        if len(self.failed) == 1:
            raise StepsFailed(said) from cause
        lines = "".join(f"\n  - {said}" for said in self.failed.values())
        raise StepsFailed(f"{len(self.failed)} steps failed{lines}")


class Front:
    """The steps of one run: each may start when what it needs is done; one that fails takes those that need it along.

    Several threads may ask and tell. Steps come in the order they were given in; steps that none of `steps` needs and that
    are not among them count as done. A step of which it is told that it is done or failed, by whomever, is given out no more.
    """

    def __init__(self, steps: Sequence[Step], events: Events = lambda event: None) -> None:
        self.steps = {step.key: step for step in steps}
        self.needs = {key: {n.key for n in step.needs} & self.steps.keys() for key, step in self.steps.items()}
        self._place = {key: place for place, key in enumerate(self.steps)}
        self._needed_by: dict[str, list[str]] = {}
        for key, needs in self.needs.items():
            for need in needs:
                self._needed_by.setdefault(need, []).append(key)
        self._missing = {key: set(needs) for key, needs in self.needs.items()}
        self._ready = [place for key, place in self._place.items() if not self._missing[key]]
        heapq.heapify(self._ready)
        self._keys = list(self.steps)
        self._later: list[str] = []
        self._taken: dict[str, float] = {}
        self._changed = threading.Condition(threading.RLock())
        self._events, self._stopped = events, False
        self._told: set[str] = set()
        self._done: list[str] = []
        self._failed: dict[str, str] = {}
        self._skipped: dict[str, str] = {}
        self._causes: dict[str, BaseException] = {}

    def take(self) -> Step | None:
        """The next step that may start; waits while there is none and one that was taken may free some. None: no more."""
        with self._changed:
            while not self._ready and not self._later and self._taken and not self._stopped:
                self._changed.wait()
            if self._stopped or not (self._ready or self._later):
                return None
            key = self._keys[heapq.heappop(self._ready)] if self._ready else self._later.pop(0)
            self._taken[key] = time.monotonic()
            return self.steps[key]

    @property
    def more(self) -> bool:
        """Whether a step may start now that was not put off."""
        return bool(self._ready)

    def put_off(self, key: str) -> None:
        """The step cannot be done now; it comes again after all others that may start."""
        with self._changed:
            self._taken.pop(key, None)
            self._later.append(key)

    def is_open(self, key: str) -> bool:
        """Whether nothing has been told yet of what became of this step."""
        return key not in self._told

    @property
    def open(self) -> list[str]:
        """The keys of steps of which nothing has been told yet, in order."""
        with self._changed:
            return [key for key in self._keys if key not in self._told]

    def startable(self) -> list[str]:
        """The keys of open steps whose needs are all done and of which it has not been told that they started, in order."""
        with self._changed:
            known = self._told | self._taken.keys()
            return [key for key, missing in self._missing.items() if not missing and key not in known]

    def stop(self) -> None:
        """Give out no more steps."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def started(self, key: str, worker: str = "") -> None:
        with self._changed:
            self._taken[key] = time.monotonic()
            self._tell("started", key, worker=worker)

    def said(self, key: str, text: str) -> None:
        with self._changed:
            self._tell("said", key, text=text)

    def warned(self, key: str, text: str) -> None:
        with self._changed:
            self._tell("warned", key, text=text)

    def done(self, key: str, worker: str = "", seconds: float | None = None) -> None:
        """The step is done, in `seconds` or since it was started; steps that waited for it alone may start."""
        with self._changed:
            began = self._withdrawn(key)
            self._done.append(key)
            for other in self._needed_by.get(key, ()):
                self._missing[other].discard(key)
                if not self._missing[other] and self.is_open(other):
                    heapq.heappush(self._ready, self._place[other])
            if seconds is None and began is not None:
                seconds = round(time.monotonic() - began, 3)
            self._tell("done", key, seconds=seconds, worker=worker)
            self._changed.notify_all()

    def failed(self, key: str, why: str, cause: BaseException | None = None, worker: str = "") -> None:
        """The step failed; every step that builds on it is skipped."""
        with self._changed:
            self._withdrawn(key)
            self._failed[key] = f"{self._event('failed', key).named}: {why}"
            if cause is not None:
                self._causes[key] = cause
            self._tell("failed", key, text=why, worker=worker)
            self._skip(key)
            self._changed.notify_all()

    def _withdrawn(self, key: str) -> float | None:
        """Give the step out no more; when it was taken, if it was."""
        if (place := self._place[key]) in self._ready:  # it never was
            self._ready.remove(place)
            heapq.heapify(self._ready)
        if key in self._later:
            self._later.remove(key)
        return self._taken.pop(key, None)

    def _skip(self, failed: str) -> None:
        waiting = list(self._needed_by.get(failed, ()))
        while waiting:
            key = waiting.pop()
            if key not in self._skipped and key not in self._failed:
                self._skipped[key] = failed
                self._tell("skipped", key, because=failed, text=f"{self.steps[failed].title} failed")
                waiting += self._needed_by.get(key, ())

    def _tell(self, what: Any, key: str, **more: Any) -> None:
        if what in ("done", "failed", "skipped"):
            self._told.add(key)
        self._events(self._event(what, key, **more))

    def _event(self, what: Any, key: str, **more: Any) -> Event:
        return event_of(what, self.steps[key], **more)

    def outcome(self) -> Outcome:
        """What has become of the steps so far."""
        with self._changed:
            return Outcome(
                tuple(self._done), dict(self._failed), dict(self._skipped), tuple(self.open), 0, dict(self._causes)
            )
