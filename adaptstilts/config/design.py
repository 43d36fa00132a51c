"""What a config may say of a sweep: which tasks, how many of them, in how many orders, for which targets, beside which controls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from adaptstilts.attacks import ATTACKS
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import UnknownName
from adaptstilts.settings import STRICT
from adaptstilts.tasks import TASKS

LINE = 12
"""The fewest k = 0 models that a line of effective robustness is fitted on (Taori et al. 2020)."""

MOST = 1000
"""More orderings than this are taken for a mistake."""


@dataclass(frozen=True)
class Controls:
    """What is trained beside the trajectories at equal size: `compositions` (random, copies, wide), sized to each of `k`.

    They go with the first so many `orderings`. Copies and wide ones are of `task`, or of each ordering's first task.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    compositions: tuple[str, ...] = ()
    k: tuple[int, ...] = ()
    orderings: int = 1
    task: str = ""


@dataclass(frozen=True)
class Baseline:
    """A composition of all tasks of the `pool` at once, of `each` of them, of `none`, or of the `tasks` named."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    composition: str
    over: Literal["pool", "each", "none"] = "pool"
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """k = 0 models whose clean scores are spread, for the line of effective robustness.

    One for each of `fractions` of the training (of its rows where the config bounds them, of its length elsewhere) and
    for each number of training `rows`, with each of `seeds`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    fractions: tuple[float, ...] = ()
    rows: tuple[int, ...] = ()
    seeds: tuple[int, ...] = (0,)

    @property
    def points(self) -> int:
        """How many models a target gets."""
        return (len(self.fractions) + len(self.rows)) * len(self.seeds)


@dataclass(frozen=True)
class Spending:
    """What a sweep may cost before it asks: hours of one device, and gigabytes (10^9 bytes) of disk; None for no limit."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    device_hours: float | None = None
    disk_gb: float | None = None


@dataclass(frozen=True)
class Design:
    """A sweep over k: R `orderings` of the `pool`, of which the first k are composed, for every target and replicate.

    `k` may hold 0 (the composition `none`). `seeds` number the replicates; every (ordering, k, target, replicate) trains with
    a seed of its own. `drawing` is the seed of the orderings. `severities` and `budgets` are tried beside those of the
    config. `replays` are attacks whose texts, found at the least and at the largest k, are read by all other k of the ordering.
    `planted_noise` is a positive control: attacked scores of trajectories get noise of so much times log2 k.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    pool: tuple[str, ...] = ()
    k: tuple[int, ...] = ()
    targets: tuple[str, ...] = ()
    orderings: int = 1
    compositions: tuple[str, ...] = ("fuse",)
    target_adapter: bool = True
    seeds: tuple[int, ...] = (0,)
    drawing: int = 0
    controls: Controls = field(default_factory=Controls)
    baselines: tuple[Baseline, ...] = ()
    reference: Reference = field(default_factory=Reference)
    severities: tuple[float, ...] = ()
    budgets: tuple[int, ...] = ()
    replays: tuple[str, ...] = ()
    planted_noise: float = 0.0
    spending: Spending = field(default_factory=Spending)


def mistakes(design: Design) -> list[str]:
    """What types alone cannot say of a sweep's numbers, one sentence each."""
    size, found = len(design.pool), []
    lists: dict[str, tuple[Any, ...]] = {
        "pool": design.pool, "k": design.k, "targets": design.targets, "compositions": design.compositions,
        "seeds": design.seeds, "severities": design.severities, "budgets": design.budgets, "replays": design.replays,
        "controls.compositions": design.controls.compositions, "controls.k": design.controls.k,
        "reference.fractions": design.reference.fractions, "reference.rows": design.reference.rows,
        "reference.seeds": design.reference.seeds,
    }  # fmt: skip
    for name, values in lists.items():
        twice = sorted({str(value) for value in values if values.count(value) > 1})
        found += [f"sweep.{name}: {', '.join(twice)} named twice"] if twice else []
    found += [f"sweep.{name}: must name at least one" for name in ("k", "targets", "seeds") if not lists[name]]
    found += [f"sweep.k: {k} is not within 0 and {size}, the size of the pool" for k in design.k if not 0 <= k <= size]
    found += [f"sweep.controls.k: {k} is below 1" for k in design.controls.k if k < 1]
    found += [f"sweep.severities: {s} is not in (0, 1]" for s in design.severities if not 0 < s <= 1]
    found += [f"sweep.budgets: {b} is below 1" for b in design.budgets if b < 1]
    if not 1 <= design.orderings <= MOST:
        found.append(f"sweep.orderings: must be within 1 and {MOST}")
    if not 1 <= design.controls.orderings <= design.orderings:
        found.append("sweep.controls.orderings: must be within 1 and sweep.orderings")
    if design.planted_noise < 0:
        found.append("sweep.planted_noise: must be at least 0")
    return found + _lopsided(design) + _spread(design.reference) + _limits(design.spending)


def strangers(design: Design) -> list[str]:
    """Names in a sweep that nothing has, each with the nearest that there is, and names where they do not belong."""
    sized = [c.name for c in COMPOSITIONS if c.sized]
    intermediate, targets = ([t.name for t in TASKS if t.role == role] for role in ("intermediate", "target"))
    texts = [attack.name for attack in ATTACKS if not attack.embeds]
    baselines = design.baselines
    known: list[tuple[str, str, Iterable[str], Iterable[str]]] = [
        ("sweep.pool", "intermediate task", design.pool, intermediate),
        ("sweep.targets", "target", design.targets, targets),
        ("sweep.compositions", "composition", design.compositions, [c for c in COMPOSITIONS.names() if c not in sized]),
        ("sweep.controls.compositions", "control", design.controls.compositions, sized),
        ("sweep.controls.task", "intermediate task", filter(None, [design.controls.task]), intermediate),
        ("sweep.baselines", "composition", [b.composition for b in baselines], COMPOSITIONS.names()),
        ("sweep.baselines", "intermediate task", [task for b in baselines for task in b.tasks], intermediate),
        ("sweep.replays", "attack on text", design.replays, texts),
    ]
    return [
        f"{where}: {UnknownName(kind, name, names).what}"
        for where, kind, given, names in known
        for name in given
        if name not in names
    ]


def _lopsided(design: Design) -> list[str]:
    controls, found = design.controls, []
    if bool(controls.compositions) != bool(controls.k):
        found.append("sweep.controls: name both `compositions` and the `k` that they are sized to")
    if any(design.k) and not design.compositions:
        found.append("sweep.compositions: must name at least one for k above 0")
    for number, baseline in enumerate(design.baselines):
        if baseline.tasks and baseline.over != "pool":
            found.append(f"sweep.baselines.{number}: give either `over` or `tasks`")
    return found


def _spread(reference: Reference) -> list[str]:
    found = [f"sweep.reference.fractions: {f} is not in (0, 1]" for f in reference.fractions if not 0 < f <= 1]
    found += [f"sweep.reference.rows: {n} is below 1" for n in reference.rows if n < 1]
    if (reference.fractions or reference.rows) and reference.points < LINE:
        found.append(
            f"sweep.reference: {reference.points} models are too few for a line; {LINE} or more, or none at all"
        )
    return found


def _limits(spending: Spending) -> list[str]:
    limits = {"device_hours": spending.device_hours, "disk_gb": spending.disk_gb}
    return [
        f"sweep.spending.{name}: must be above 0" for name, limit in limits.items() if limit is not None and limit <= 0
    ]
