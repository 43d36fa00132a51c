"""What a composition is: how k adapters are arranged, and which of their parts transfer trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from adaptstilts.compositions.blocks import TARGET, Averaged, Block, Fused, Gated, Merged, Part, Stacked, opened_by
from adaptstilts.errors import UnknownName

__all__ = ["TARGET", "Averaged", "Block", "Composition", "Fused", "Gated", "Ingredients", "Merged", "Part", "Stacked"]

Ingredients = Literal["apart", "random", "copies", "wide", "together", "in turn", "with text", "whole"]


@dataclass(frozen=True)
class Composition:
    """How intermediate adapters act together under a target head.

    `arrange(tasks)` gives the block of the frozen intermediate adapters, None for none. `ordered` says whether the order of
    the tasks matters; `least` and `most` bound their number (`most` None: no bound). `methods` are its ways of
    combining, if there are several, the first one unless another is asked for; `arrange(tasks, method)` is told which.
    `ingredients` says how its members come to be: an adapter a task, "random" ones, "copies" of one task with other
    seeds, a "wide" one (the controls); one trained on all tasks "together", "in turn", or "with text" in between; or
    the "whole" encoder in place of adapters (the baselines).
    """

    name: str
    summary: str
    ordered: bool
    least: int
    most: int | None
    arrange: Callable[..., Block | None]
    methods: tuple[str, ...] = ()
    ingredients: Ingredients = "apart"
    citation: str = ""
    version: int = 1

    @property
    def sized(self) -> bool:
        """Whether its k is a number that is asked for and does not follow from its tasks: the controls."""
        return self.ingredients in ("random", "copies", "wide")

    @property
    def takes(self) -> str:
        """How many tasks it takes, in words."""
        if self.least == self.most:
            return str(self.least)
        return f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"

    def below(self, tasks: tuple[str, ...], method: str = "") -> Block | None:
        """The block of the intermediate adapters; UnknownName for a method that it does not have."""
        if method and method not in self.methods:
            raise UnknownName(f"method of {self.name}", method, self.methods, where="--method")
        return self.arrange(tasks, method or self.methods[0]) if self.methods else self.arrange(tasks)

    def block(self, tasks: tuple[str, ...], *, target_adapter: bool, method: str = "") -> Block | None:
        """The whole arrangement, with the target adapter on top where there is one."""
        below = self.below(tasks, method)
        if not target_adapter:
            return below
        if below is None:
            return TARGET
        inner = below.parts if isinstance(below, Stacked) else (below,)
        return Stacked((*inner, TARGET))

    def opens(self, method: str = "") -> tuple[Part, ...]:
        """What lies between the intermediate adapters and is nothing without training, such as fusion."""
        return opened_by(self.below(tuple(f"task-{number}" for number in range(max(1, self.least))), method))

    def trains(self, *, target_adapter: bool, method: str = "") -> tuple[Part, ...]:
        """The parts that transfer trains; everything else is frozen."""
        target: tuple[Part, ...] = ("target_adapter",) if target_adapter else ()
        encoder: tuple[Part, ...] = ("backbone",) if self.ingredients == "whole" else ()
        return (*encoder, *self.opens(method), *target, "head")
