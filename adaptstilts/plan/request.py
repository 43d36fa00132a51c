"""A request: what one command asks for, before there are steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What one command asks for: a composition of tasks under a target, with a seed.

    `method` is one of the composition's ways of combining (empty: its first), `times` what a control is sized by.
    """

    composition: str
    tasks: tuple[str, ...]
    target: str
    seed: int = 0
    target_adapter: bool = True
    retrain: bool = False
    method: str = ""
    times: int = 2
