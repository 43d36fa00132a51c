"""What a group of tasks is: names in an order, for whoever would else write them all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Tasks that one name stands for, in the order in which they are taken."""

    name: str
    summary: str
    tasks: tuple[str, ...]
    citation: str
