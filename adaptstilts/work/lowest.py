"""Which inputs the lowest layers are run for once and for all, and why for others not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from humanize import naturalsize

from adaptstilts.kinds.kind import Encoding
from adaptstilts.listeners import Speaker
from adaptstilts.models.assembly import Assembly
from adaptstilts.plan.lowest import PAYS, bound
from adaptstilts.progress import Progress
from adaptstilts.store.store import LOWEST
from adaptstilts.training.lower import States, distinct, states_of, stored_as
from adaptstilts.work.session import Session

log = Speaker(__name__)


@dataclass(frozen=True)
class Reading:
    """Inputs, about how many times they will be read, by this step and others, and what they are called in messages."""

    encodings: Sequence[Encoding]
    times: float
    what: str

    @property
    def tokens(self) -> int:
        lengths: Sequence[int] | None = getattr(self.encodings, "lengths", None)
        return int(sum(len(e.ids) for e in self.encodings) if lengths is None else sum(lengths))


@contextmanager
def knowing(
    assembly: Assembly, readings: Sequence[Reading], session: Session, progress: Progress | None = None
) -> Iterator[None]:
    """Let passes over these inputs begin above the lowest layers, whose outputs are kept beside the store, where that pays.

    What is among the inputs of one reading is not kept for the next. A disk that says no costs the time, not the run.
    """
    most = bound(session.config.device, assembly.device.type)
    states = _states(assembly, readings, most, session, progress) if assembly.lowest and most else None
    if states is None:
        yield
    else:
        with assembly.knowing(states):
            yield


def _states(
    assembly: Assembly, readings: Sequence[Reading], most: int, session: Session, progress: Progress | None
) -> States | None:
    wanted = list[Reading]()
    for reading in readings:
        if reason := _against(assembly, reading, most, session):
            _say(f"{reading.what} go through the lowest layers each time: {reason}", session)
        else:
            wanted.append(reading)
    sets = [
        distinct(reading.encodings, [encoding for earlier in wanted[:place] for encoding in earlier.encodings])
        for place, reading in enumerate(wanted)
    ]
    if not sets:
        return None
    try:
        return states_of(assembly, sets, session.store.root / LOWEST, most, progress)
    except (OSError, NotImplementedError, ValueError) as error:
        _say(f"outputs of the lowest layers cannot be kept ({error})", session)
        return None


def _against(assembly: Assembly, reading: Reading, most: int, session: Session) -> str:
    """Why it would not pay to keep the states of these inputs; empty if it does."""
    if reading.times < PAYS:
        return f"they are read {'once' if reading.times >= 1 else 'in part'}"
    size = reading.tokens * assembly.backbone.hidden_size * stored_as(assembly.precision).itemsize
    if size > most:
        return f"their outputs take {naturalsize(size)}, and device.lowest_gb allows {naturalsize(most)}"
    free = shutil.disk_usage(session.store.root).free
    return (
        f"their outputs take {naturalsize(size)}, and {naturalsize(free)} of disk are free" if 2 * size > free else ""
    )


def _say(what: str, session: Session) -> None:
    session.once(("said", what), lambda: log.info(what))
