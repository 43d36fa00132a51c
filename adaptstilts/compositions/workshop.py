"""The workshop: the ways in which a composition's members come to be before transfer begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

UNTRAINED = None
"""In place of a member that nothing trains: the assembly makes it fresh, of the config's shape."""

Members = Mapping[str, Any]
"""What a workshop gave, or UNTRAINED, by the names that members go by."""


class Workshop(Protocol):
    """What a composition may ask for; each answer is one member, to be handed on as it is under the member's name."""

    def adapter(self, task: str, seed: int = 0) -> Any:
        """The adapter of one task, out of the zoo where it lies there already."""
        ...

    def wide(self, task: str, times: int) -> Any:
        """The adapter of one task with the parameters of `times` of them."""
        ...

    def together(self, tasks: tuple[str, ...]) -> Any:
        """One adapter trained on several tasks at once, for as long as they are trained apart."""
        ...

    def in_turn(self, tasks: tuple[str, ...]) -> Any:
        """One adapter trained on several tasks, one after another."""
        ...

    def with_text(self, task: str) -> Any:
        """The adapter of one task with masked-language modelling on running text in between."""
        ...

    def encoder(self, tasks: tuple[str, ...]) -> Any:
        """The whole encoder trained on the tasks, on several of them at once."""
        ...


def apart(workshop: Workshop, tasks: tuple[str, ...], times: int) -> Members:
    """An adapter for each task, under the task's name."""
    return {task: workshop.adapter(task) for task in tasks}
