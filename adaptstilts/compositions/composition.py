"""What a composition is: how k adapters are arranged, and which of their parts transfer trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import InitVar, dataclass
from operator import itemgetter
from typing import Literal

from adaptstilts.compositions.blocks import TARGET, Averaged, Block, Fused, Gated, Merged, Part, Stacked, opened_by
from adaptstilts.compositions.workshop import Members, Workshop, apart
from adaptstilts.errors import UnknownName
from adaptstilts.settings import AdapterSettings

__all__ = ["TARGET", "Averaged", "Block", "Composition", "Fused", "Gated", "Merged", "Part", "Stacked"]

Group = Literal["combination", "control", "baseline"]


@dataclass(frozen=True)
class Composition:
    """How intermediate adapters act together under a target head.

    `arrange(tasks)` gives the block of the frozen intermediate adapters, None for none; by default the first, or only, one.
    `ordered` says whether the order of the tasks matters; `least` and `most` bound their number (`most` None: no bound), which
    is one or more unless it says otherwise. `methods` are its ways of combining, if there are several, the first one unless
    another is asked for; `arrange(tasks, method)` is told which.
    `members(workshop, tasks, times)` asks the workshop for its members and gives them by name, untrained ones last; an
    adapter a task unless it says otherwise. A `sized` one is as large as the `times` that are asked for, whatever its
    tasks: the controls. `whole` marks those that train the encoder itself in place of adapters; `unfit(shape)` says
    why adapters of a shape cannot be its members, or "".
    """

    name: str
    summary: str
    ordered: bool = False
    least: int = 1
    most: int | None = None
    arrange: Callable[..., Block | None] = itemgetter(0)
    methods: tuple[str, ...] = ()
    members: Callable[[Workshop, tuple[str, ...], int], Members] = apart
    sized: bool = False
    whole: bool = False
    unfit: Callable[[AdapterSettings], str] = lambda shape: ""
    citation: str = ""
    version: int = 1
    ingredients: InitVar[None] = None

    def __post_init__(self, ingredients: None) -> None:
        if ingredients is not None:
            raise TypeError("say by `members`, not `ingredients`, how it is made; see CONTRIBUTING.md, 'Add a control'")

    @property
    def group(self) -> Group:
        """What it is in a comparison: a combination of adapters as they are, a control of its size, or a baseline."""
        return "control" if self.sized else "combination" if self.members is apart else "baseline"

    @property
    def takes(self) -> str:
        """How many tasks it takes, in words."""
        if self.least == self.most:
            return str(self.least)
        return f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"

    def miscounts(self, tasks: int) -> str:
        """Why it cannot take so many tasks, in words; empty if it can."""
        if tasks < self.least or (self.most is not None and tasks > self.most):
            return f"{self.name!r} takes {self.takes} task(s), not {tasks}"
        return ""

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
        encoder: tuple[Part, ...] = ("backbone",) if self.whole else ()
        return (*encoder, *self.opens(method), *target, "head")
