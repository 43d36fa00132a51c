"""What a transfer was made of and how it learnt, as lines for a page, read from its record alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from adaptstilts.numerals import number
from adaptstilts.report.text import said

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


def parts(transfer: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Numbers of parameters by part, those of parts that are not there left out."""
    found: Mapping[str, int] = transfer["parts"]
    return [(PARTS.get(part, part.replace("_", " ")), n) for part, n in found.items() if n or part in SUMS]


def forgetting(transfer: Mapping[str, Any]) -> Forgetting | None:
    """The forgetting table of a transfer whose adapter learnt its tasks in turn; None for any other."""
    told = transfer.get("forgetting")
    if not told:
        return None
    scores: Mapping[str, list[float | None]] = told["scores"]
    steps = max(len(row) for row in scores.values())
    named = told["order"] if len(told["order"]) == steps else [f"step {number + 1}" for number in range(steps)]
    return Forgetting(
        tuple(f"after {name}" for name in named),
        tuple((task, tuple(row), told["forgetting"].get(task)) for task, row in scores.items()),
    )


def adapters(transfer: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Each member with its digest and, where it was trained in this store, the way to its record."""
    origins: list[Any] = list(transfer["spec"].get("adapters", ()))
    members: list[str] = transfer.get("members") or list(transfer["adapters"]) or transfer["tasks"]
    for place, name in enumerate(members):
        origin = origins[place] if place < len(origins) else None
        trained = isinstance(origin, str)
        where = "trained in this store" if trained else "adapter zoo" if origin else "untrained, drawn at random"
        yield {
            "name": name,
            "digest": transfer["adapters"].get(name, ""),
            "where": where,
            "link": link(str(origin)) if trained else "",
        }


def training(transfer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How the transfer trained, as (label, text)."""
    told = transfer.get("training")
    if not told:
        yield "training", "nothing is trained for this target"
        return
    yield "training rows", f"{number(told['examples'])} in {transfer['spec']['language']}"
    yield "origin of the rows", said(told["origin"])
    for key, label in (
        ("steps", "optimizer steps"),
        ("tokens", "tokens seen"),
        ("truncated", "inputs cut to the length limit"),
    ):
        if key in told:
            yield label, number(told[key])
    if told.get("loss"):
        (_, first), (_, last) = told["loss"][0], told["loss"][-1]
        yield "loss", f"{first:.3f} at first, {last:.3f} at the end"
    if told.get("peak_memory"):
        yield "peak memory", f"{told['peak_memory'] / 2**20:,.0f} MiB"


def link(key: str, file: str = "record.json") -> str:
    """The way to a step's file from another step's folder."""
    return f"../{quote(str(key), safe='')}/{file}"
