"""What a transfer was made of and how it learnt, as lines for a page, read from its record alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from adaptstilts.numerals import number
from adaptstilts.report.text import said
from adaptstilts.store.records.record import TransferRecord

PARTS = {
    "backbone": "backbone",
    "language": "language adapters",
    "adapters": "intermediate adapters",
    "fusion": "fusion",
    "gate": "gate",
    "merge": "learned weights of the merge",
    "target_adapter": "target adapter",
    "head": "target head",
    "trainable": "trained in this step",
    "added": "added to the backbone",
    "total": "total",
}
SUMS = frozenset({"trainable", "added", "total"})


@dataclass(frozen=True)
class Forgetting:
    """Scores in [0, 1] of each task after each step of training in turn, and how far it fell from its best."""

    steps: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...], float | None], ...]


def parts(transfer: TransferRecord) -> list[tuple[str, int]]:
    """Numbers of parameters by part, those of parts that are not there left out."""
    found = transfer.parts.plain().items()
    return [(PARTS.get(part, part.replace("_", " ")), n) for part, n in found if n or part in SUMS]


def forgetting(transfer: TransferRecord) -> Forgetting | None:
    """The forgetting table of a transfer whose adapter learnt its tasks in turn; None for any other."""
    told = transfer.forgetting
    if not told:
        return None
    steps = max(len(row) for row in told.scores.values())
    named = told.order if len(told.order) == steps else [f"step {number + 1}" for number in range(steps)]
    return Forgetting(
        tuple(f"after {name}" for name in named),
        tuple((task, row, told.forgetting.get(task)) for task, row in told.scores.items()),
    )


def adapters(transfer: TransferRecord) -> Iterator[dict[str, str]]:
    """Each member with its digest and, where it was trained in this store, the way to its record."""
    origins = transfer.spec.adapters
    members = transfer.members or tuple(transfer.adapters) or transfer.tasks
    for place, name in enumerate(members):
        origin = origins[place] if place < len(origins) else None
        trained = isinstance(origin, str)
        where = "trained in this store" if trained else "adapter zoo" if origin else "untrained, drawn at random"
        yield {
            "name": name,
            "digest": transfer.adapters.get(name, ""),
            "where": where,
            "link": link(str(origin)) if trained else "",
        }


def training(transfer: TransferRecord) -> Iterator[tuple[str, str]]:
    """How the transfer trained, as (label, text)."""
    told = transfer.training
    if not told:
        yield "training", "nothing is trained for this target"
        return
    yield "training rows", f"{number(told.examples)} in {transfer.spec.language}"
    yield "origin of the rows", said(told.origin)
    yield "optimizer steps", number(told.steps)
    yield "tokens seen", number(told.tokens)
    yield "inputs cut to the length limit", number(told.truncated)
    if told.loss:
        (_, first), (_, last) = told.loss[0], told.loss[-1]
        yield "loss", f"{first:.3f} at first, {last:.3f} at the end"
    if told.peak_memory:
        yield "peak memory", f"{told.peak_memory / 2**20:,.0f} MiB"


def link(key: str, file: str = "record.json") -> str:
    """The way to a step's file from another step's folder."""
    return f"../{quote(str(key), safe='')}/{file}"
