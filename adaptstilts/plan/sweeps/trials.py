"""What a design asks for before there are steps: each cell's role, composition, tasks, target, and its seed from names alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from adaptstilts import ids
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.design import Baseline, Design
from adaptstilts.plan.sweeps.orderings import orderings

Role = Literal["k", "control", "baseline", "reference"]


@dataclass(frozen=True)
class Trial:
    """A cell before its steps: what is asked for, and where in the design."""

    role: Role
    composition: str
    k: int
    tasks: tuple[str, ...]
    target: str
    seed: int
    ordering: int = 0
    replicate: int = 0
    fraction: float | None = None
    rows: int | None = None


def _seed(names: Sequence[str], k: int, target: str, replicate: int, more: str = "") -> int:
    """A seed that is a function of names alone; the order in which cells are planned, and how many, do not matter."""
    return int(ids.digest(["seed of a cell", list(names), k, target, replicate, more])[:8], 16) >> 1


def _orderings(design: Design) -> list[tuple[tuple[str, ...], str]]:
    """The design's orderings; of a small pool some come again, and a word then tells them apart."""
    drawn = orderings(design.pool, design.orderings, design.drawing, design.further)
    before = [drawn[:number].count(names) for number, names in enumerate(drawn)]
    return [(names, f"again {count}" if count else "") for names, count in zip(drawn, before, strict=True)]


def trajectories(design: Design) -> Iterator[Trial]:
    """The first k of each ordering, composed; `none` for k = 0, whatever the compositions."""
    for number, (names, again) in enumerate(_orderings(design)):
        for k in sorted(design.k):
            for target, replicate in product(design.targets, design.seeds):
                seed = _seed(names, k, target, replicate, again)
                for composition in design.compositions if k else ("none",):
                    yield Trial("k", composition, k, names[:k], target, seed, number, replicate)


def controls(design: Design) -> Iterator[Trial]:
    """Controls are trained with the seeds of the trajectories that they stand beside."""
    sized = design.controls
    drawn = _orderings(design)[: sized.orderings]
    for composition in sized.compositions:
        for number, (names, again) in enumerate(drawn):
            one = (sized.task or names[0],) if COMPOSITIONS.get(composition).least else ()
            for k, target, replicate in product(sorted(sized.k), design.targets, design.seeds):
                seed = _seed(names, k, target, replicate, again)
                yield Trial("control", composition, k, one, target, seed, number, replicate)


def baselines(design: Design) -> Iterator[Trial]:
    """Compositions of fixed tasks; their k is the number of these."""
    for baseline in design.baselines:
        for tasks in _members_of(baseline, design.pool):
            for target, replicate in product(design.targets, design.seeds):
                seed = _seed(sorted(tasks), len(tasks), target, replicate, "baseline")
                yield Trial("baseline", baseline.composition, len(tasks), tasks, target, seed, 0, replicate)


def _members_of(baseline: Baseline, pool: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    if baseline.tasks:
        return (baseline.tasks,)
    return {"pool": (pool,), "each": tuple((name,) for name in pool), "none": ((),)}[baseline.over]


def reference_models(design: Design) -> Iterator[Trial]:
    """Models without adapters after part of the training."""
    reference = design.reference
    spread: list[tuple[float | None, int | None]] = [(share, None) for share in reference.fractions]
    spread += [(None, rows) for rows in reference.rows]
    for target, (share, rows), replicate in product(design.targets, spread, reference.seeds):
        seed = _seed((), 0, target, replicate, f"{share} {rows}")
        yield Trial("reference", "none", 0, (), target, seed, 0, replicate, share, rows)
