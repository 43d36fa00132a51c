"""What a composition is: how k adapters are arranged, and which of their parts transfer trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Part = Literal["fusion", "target_adapter", "head"]
Ingredients = Literal["apart", "random", "copies", "wide", "together", "in turn", "with text", "whole"]


@dataclass(frozen=True)
class Stacked:
    """Adapters applied one after another, the first one nearest to the backbone."""

    parts: tuple[Block, ...]


@dataclass(frozen=True)
class Fused:
    """Adapters applied in parallel, their outputs mixed by AdapterFusion (Pfeiffer et al. 2021)."""

    parts: tuple[str, ...]


Block = str | Stacked | Fused

TARGET = "target"
"""The name of the fresh adapter that transfer trains above the others."""


@dataclass(frozen=True)
class Composition:
    """How intermediate adapters act together under a target head.

    `arrange(tasks)` gives the block of the frozen intermediate adapters, None for none. `ordered` says whether the order of
    the tasks matters; `least` and `most` bound their number (`most` None: no bound). `trains` are the parts beside the head.
    `methods` are its ways of combining, if there are several, the first one unless another is asked for.
    `ingredients` says how its members come to be: an adapter a task, "random" ones, "copies" of one task with other
    seeds, a "wide" one (the controls); one trained on all tasks "together", "in turn", or "with text" in between; or
    the "whole" encoder in place of adapters (the baselines).
    """

    name: str
    summary: str
    ordered: bool
    least: int
    most: int | None
    arrange: Callable[[tuple[str, ...]], Block | None]
    fusion: bool = False
    methods: tuple[str, ...] = ()
    ingredients: Ingredients = "apart"
    citation: str = ""
    version: int = 1

    @property
    def takes(self) -> str:
        """How many tasks it takes, in words."""
        if self.least == self.most:
            return str(self.least)
        return f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"

    def block(self, tasks: tuple[str, ...], *, target_adapter: bool) -> Block | None:
        """The whole arrangement, with the target adapter on top where there is one."""
        below = self.arrange(tasks)
        if not target_adapter:
            return below
        if below is None:
            return TARGET
        inner = below.parts if isinstance(below, Stacked) else (below,)
        return Stacked((*inner, TARGET))

    def trains(self, *, target_adapter: bool) -> tuple[Part, ...]:
        """The parts that transfer trains; everything else is frozen."""
        fusion: tuple[Part, ...] = ("fusion",) if self.fusion else ()
        target: tuple[Part, ...] = ("target_adapter",) if target_adapter else ()
        return (*fusion, *target, "head")
