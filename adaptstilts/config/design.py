"""What a config may say of a sweep: which tasks, how many of them, in how many orders, for which targets, beside which controls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Le
from typing_extensions import Doc

from adaptstilts.errors import UnknownName
from adaptstilts.names import foreign
from adaptstilts.settings import Count, Names, Natural, Positive, Section, Seed, Share

LINE = 12
"""The fewest k = 0 models that a line of effective robustness is fitted on (Taori et al. 2020)."""

MOST = 1000
"""More orderings than this are taken for a mistake."""

Problems = Iterator[tuple[str, str]]
Adapters = Callable[[], Iterable[str]]
"""The names of adapters in zoos, read when a name is no task's."""


@dataclass(frozen=True)
class Controls(Section):
    """What is trained beside the trajectories at equal size."""

    compositions: Annotated[Names, Doc("Controls beside the trajectories: random, copies, wide.")] = ()
    k: Annotated[tuple[Count, ...], Doc("The k that controls are sized to.")] = ()
    orderings: Annotated[Count, Doc("Controls go with the first so many orderings.")] = 1
    task: Annotated[str, Doc("What copies and wide ones are of; empty: each ordering's first task.")] = ""

    def problems(self) -> Problems:
        yield from _twice(self, "compositions", "k")
        if bool(self.compositions) != bool(self.k):
            yield "", "name both `compositions` and the `k` that they are sized to"


@dataclass(frozen=True)
class Baseline(Section):
    """A composition of all tasks of the `pool` at once, of `each` of them, of `none`, or of the `tasks` named."""

    composition: str
    over: Literal["pool", "each", "none"] = "pool"
    tasks: Names = ()

    def problems(self) -> Problems:
        if self.tasks and self.over != "pool":
            yield "", "give either `over` or `tasks`"


@dataclass(frozen=True)
class Reference(Section):
    """k = 0 models whose clean scores are spread, for the line of effective robustness.

    There is one for each fraction of the training and for each number of its rows, with each of the seeds.
    """

    fractions: Annotated[
        tuple[Positive, ...], Doc("Parts of the training (of bounded rows, else of its length); 2 is twice as long.")
    ] = ()
    rows: Annotated[tuple[Count, ...], Doc("Numbers of training rows.")] = ()
    seeds: Annotated[tuple[Seed, ...], Doc("Each part and number is trained with each of these.")] = (0,)

    @property
    def points(self) -> int:
        """How many models a target gets."""
        return (len(self.fractions) + len(self.rows)) * len(self.seeds)

    def problems(self) -> Problems:
        yield from _twice(self, "fractions", "rows", "seeds")
        if (self.fractions or self.rows) and self.points < LINE:
            yield "", f"{self.points} models are too few for a line; {LINE} or more, or none at all"


@dataclass(frozen=True)
class Spending(Section):
    """What a sweep may cost before it asks."""

    device_hours: Annotated[Positive | None, Doc("Hours of one device that a sweep may take; null: no limit.")] = None
    disk_gb: Annotated[Positive | None, Doc("Gigabytes (10^9 bytes) of disk that it may take; null: no limit.")] = None


@dataclass(frozen=True)
class Design(Section):
    """A sweep over k: orderings of the pool, of which the first k are composed, for every target and replicate.

    Every (ordering, k, target, replicate) trains with a seed of its own. Planted noise goes onto attacked scores.
    """

    pool: Annotated[
        Names,
        Doc("Intermediate tasks, or groups of them; also adapters of the zoo, `hub:user/repo@revision`, `./folder`."),
    ] = ()
    k: Annotated[tuple[Natural, ...], Doc("How many tasks of an ordering are composed; 0 is `none`.")] = ()
    targets: Annotated[Names, Doc("Target tasks.")] = ()
    orderings: Annotated[Count, Le(MOST), Doc("Orders of the pool.")] = 1
    further: Annotated[
        tuple[Count, ...], Doc("So many orderings more, each number drawn on its own: what the first ones made stays.")
    ] = ()
    compositions: Annotated[Names, Doc("How tasks are composed.")] = ("fuse",)
    target_adapter: Annotated[bool, Doc("A fresh adapter on top, trained too.")] = True
    seeds: Annotated[tuple[Seed, ...], Doc("Numbers of the replicates.")] = (0,)
    drawing: Annotated[Seed, Doc("Seed of the orderings.")] = 0
    controls: Controls = field(default_factory=Controls)
    baselines: Annotated[
        tuple[Baseline, ...], Doc("A `composition` each, `over` pool, each or none, or of `tasks`.")
    ] = ()
    reference: Reference = field(default_factory=Reference)
    severities: Annotated[tuple[Share, ...], Doc("Tried beside the config's severity.")] = ()
    budgets: Annotated[tuple[Count, ...], Doc("Tried beside the config's budget.")] = ()
    replays: Annotated[Names, Doc("Attacks whose texts, found at the least and largest k, all other k read.")] = ()
    planted_noise: Annotated[float, Ge(0), Doc("A positive control: noise of so much times log2 k.")] = 0.0
    spending: Spending = field(default_factory=Spending)

    @property
    def members(self) -> Names:
        """What the pool and the baselines name: tasks, and adapters."""
        return tuple(dict.fromkeys((*self.pool, *(name for each in self.baselines for name in each.tasks))))

    def renamed(self, names: Mapping[str, str]) -> Design:
        """The design with other names for some members."""

        def of(members: Names) -> Names:
            return tuple(names.get(name, name) for name in members)

        baselines = tuple(dataclasses.replace(each, tasks=of(each.tasks)) for each in self.baselines)
        return dataclasses.replace(self, pool=of(self.pool), baselines=baselines)

    def problems(self) -> Problems:
        yield from _twice(self, "pool", "k", "targets", "compositions", "seeds", "severities", "budgets", "replays")
        for name in ("k", "targets", "seeds"):
            if not getattr(self, name):
                yield name, "must name at least one"
        size = len(self.pool)
        if self.orderings + sum(self.further) > MOST:
            yield "further", f"with `orderings` that makes more than {MOST}"
        yield from (("k", f"{k} is not within 0 and {size}, the size of the pool") for k in self.k if k > size)
        if self.controls.orderings > self.orderings:
            yield "controls.orderings", "must be within 1 and sweep.orderings"
        if any(self.k) and not self.compositions:
            yield "compositions", "must name at least one for k above 0"


def _twice(section: Section, *names: str) -> Problems:
    """The lists of these names that hold something twice."""
    for name in names:
        values = getattr(section, name)
        if twice := sorted({str(value) for value in values if values.count(value) > 1}):
            yield name, f"{', '.join(twice)} named twice"


def strangers(design: Design, adapters: Adapters | None) -> Problems:
    """Names in a sweep that nothing has, each with the nearest that there is, and names where they do not belong.

    In a pool and in a baseline's tasks repositories and folders may stand, and `adapters`, or None: any name but a target's.
    """
    from adaptstilts.attacks import ATTACKS  # to say what settings there are takes no registry
    from adaptstilts.compositions import COMPOSITIONS
    from adaptstilts.tasks import TASKS
    from adaptstilts.tasks.naming import groups_of

    sized = [c.name for c in COMPOSITIONS if c.sized]
    intermediate = [task.name for task in TASKS if task.role == "intermediate" or groups_of(task.name)]
    targets = [task.name for task in TASKS if task.role == "target"]
    texts = [attack.name for attack in ATTACKS if not attack.embeds]
    baselines = design.baselines
    taken = {name for name in design.members if name not in TASKS and (adapters is None or foreign(name))}
    if adapters and set(design.members) - {*intermediate, *taken}:
        taken |= {name for name in adapters() if name not in TASKS}
    members = [*intermediate, *sorted(taken)]
    known: list[tuple[str, str, Iterable[str], Iterable[str]]] = [
        ("pool", "intermediate task or adapter", design.pool, members),
        ("targets", "target", design.targets, targets),
        ("compositions", "composition", design.compositions, [c for c in COMPOSITIONS.names() if c not in sized]),
        ("controls.compositions", "control", design.controls.compositions, sized),
        ("controls.task", "intermediate task", filter(None, [design.controls.task]), intermediate),
        ("baselines", "composition", [b.composition for b in baselines], COMPOSITIONS.names()),
        ("baselines", "intermediate task or adapter", [task for b in baselines for task in b.tasks], members),
        ("replays", "attack on text", design.replays, texts),
    ]
    for where, kind, given, names in known:
        yield from ((f"sweep.{where}", UnknownName(kind, name, names).what) for name in given if name not in names)
