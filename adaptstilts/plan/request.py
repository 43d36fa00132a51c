"""A request: what one command asks for, before there are steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adaptstilts.zoo.index import Entry


@dataclass(frozen=True)
class Request:
    """What one command asks for: a composition of tasks under a target, with a seed.

    `taken` holds the adapters behind those of the `tasks` that are none, by the names that were asked for (see
    `zoo.members`). `method` is one of the composition's ways of combining (empty: its first), `times` what a control is
    sized by; with `retrain` no adapter that trains a task comes from a zoo.
    """

    composition: str
    tasks: tuple[str, ...]
    target: str
    seed: int = 0
    target_adapter: bool = True
    retrain: bool = False
    method: str = ""
    times: int = 2
    taken: Mapping[str, Entry] = field(default_factory=dict)
