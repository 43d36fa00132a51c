"""What a sweep will take before it is begun: steps by place in the design, cost of what is left, power, and the limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from adaptstilts.config.design import Design, Reference, Spending
from adaptstilts.errors import InputError
from adaptstilts.plan.sweeps.cost import Calibration, Cost, Costing, total
from adaptstilts.plan.sweeps.expansion import Sweep, SweepCell
from adaptstilts.plan.sweeps.lowest_bytes import lowest_bytes
from adaptstilts.plan.sweeps.orderings import orderings
from adaptstilts.plan.sweeps.row_errors import row_errors, scored_rows
from adaptstilts.statistics.power import ATTACKED, Power, power_of, probits
from adaptstilts.steps.step import Step, Transfer
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.exposure import exposure
from adaptstilts.zoo.zoo import zoos

GB = 10**9


@dataclass(frozen=True)
class StepCount:
    """Steps of one kind at one place of the design: how many, how many are done, and what the others will take."""

    role: str
    k: int | None
    kind: str
    steps: int
    done: int
    left: Cost

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "left": self.left.as_dict()}


@dataclass(frozen=True)
class Outlook:
    """A sweep's plan in numbers. `left` is the cost of what is not done; times are of one device, one step after another.

    `untaught` are tasks of the trajectories whose adapters are known not to beat chance; `exposed` says in a sentence a target how many
    of its models hold adapters that have seen its data.
    `lowest` are the bytes, of both costs a part, that outputs of the layers below all adapters take while it runs.
    """

    name: str
    lines: tuple[StepCount, ...]
    left: Cost
    whole: Cost
    cells: int
    left_out: dict[str, int]
    calibration: Calibration
    power: Power
    spending: Spending
    untaught: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    lowest: int = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """Which of the models that are paid for do not count in the verdict, and why."""
        names = ", ".join(self.untaught)
        untaught = (
            f"untaught: {names} (no better than chance at what they were trained on): a control, not a task; models with such an adapter "
            "do not count in the verdict. Train it further, or take it out of sweep.pool"
        )
        return (*((untaught,) if names else ()), *self.exposed)

    @property
    def over(self) -> tuple[str, ...]:
        """Which limits of the config what is left would break, in words."""
        left = (
            (self.left.seconds / 3600, "device-hours are left to do", self.spending.device_hours),
            (self.left.disk / GB, "GB of disk are still to be written", self.spending.disk_gb),
        )
        over = ((much, what, most) for much, what, most in left if most is not None and much > most)
        return tuple(f"{much:,.1f} {what}, the limit is {most:,g}" for much, what, most in over)

    def as_dict(self) -> dict[str, Any]:
        """JSON of the whole outlook."""
        calibration = {
            "measured": self.calibration.measured, "device": self.calibration.device, "backbone": self.calibration.backbone,
            "peak_memory": self.calibration.memory, "note": self.calibration.said,
        }  # fmt: skip
        limits = {"device_hours": self.spending.device_hours, "disk_gb": self.spending.disk_gb}
        return {
            "name": self.name, "cells": self.cells, "steps": self.whole.steps, "done": self.whole.steps - self.left.steps,
            "lines": [line.as_dict() for line in self.lines], "left": self.left.as_dict(), "whole": self.whole.as_dict(),
            "left_out": self.left_out, "untaught": list(self.untaught), "exposed": list(self.exposed), "lowest_bytes": self.lowest,
            "calibration": calibration, "power": self.power.as_dict(),
            "limits": {**limits, "over": list(self.over)},
        }  # fmt: skip


def outlook(sweep: Sweep, store: Store, calibration: Calibration) -> Outlook:
    """Count and cost a sweep's steps; those that stand in `store` are done."""
    costing, places = Costing(sweep.config, calibration), _places(sweep)
    grouped: dict[tuple[str, int | None, str], list[Step]] = {}
    for step in sweep.steps:
        grouped.setdefault((*places.get(step.key, ("adapters", None)), step.kind), []).append(step)
    lines = list[StepCount]()
    for place, found in sorted(grouped.items(), key=_order):
        todo = [step for step in found if not store.done(step.key)]
        lines.append(StepCount(*place, len(found), len(found) - len(todo), total(map(costing.of, todo))))
    design, power = sweep.config.sweep or Design(), power_for(sweep)
    todo = [step for step in sweep.steps if not store.done(step.key)]
    lowest, every = (lowest_bytes(steps, sweep.config, calibration) for steps in (todo, sweep.steps))
    left = total(line.left for line in lines) + Cost(disk=lowest)
    whole = total(map(costing.of, sweep.steps)) + Cost(disk=every)
    name, cells = sweep.config.name, len(sweep.cells)
    return Outlook(
        name,
        tuple(lines),
        left,
        whole,
        cells,
        sweep.left_out,
        calibration,
        power,
        design.spending,
        untaught(sweep, store),
        tuple(exposed(sweep, store)),
        every,
    )


def power_for(sweep: Sweep, more: tuple[int, ...] = ()) -> Power:
    """The power of a sweep's trajectories, with `more` orderings than it has."""
    design = sweep.config.sweep or Design()
    heads = [cell.head for cell in sweep.cells if cell.role == "k" and cell.k]
    drawn = orderings(design.pool, design.orderings, design.drawing, (*design.further, *more))
    orders = drawn if any(design.k) else ()
    power = power_of(len(drawn), heads, design.k, len(design.seeds), orders, design.reference.points)
    errors = row_errors(scored_rows(sweep))
    return replace(power, short=_is_short(design.reference), row_errors=errors if len(errors) == power.heads else ())


def said_of(sweep: Sweep) -> Iterator[str]:
    """What a sweep's trajectories can find and how often they err, and what more orderings would buy."""
    power = power_for(sweep)
    design = f"{power.orderings} orderings, {power.heads} independent heads, {power.seeds} seed(s)"
    least = power.detectable()
    if least is not None:
        one = f"one of {probits(1.0):.3f} (1 point) with {100 * power.at(1.0):.0f} %"
        where = f" where attacked scores are near {100 * ATTACKED:.0f} %"
        yield f"{design}: a slope of {_told(least, where)} per doubling of k is found with 80 %, {one}"
        spread = power.spread
        sd = f"sd {spread.model:g} points between models, {spread.slope:g} between slopes of orderings, and of heads"
        yield f"assumed: {sd}; left out: what the references' lines add, which a verdict beyond accuracy takes too"
        errs = "; ".join(f"{name}: {100 * rate:.1f} %" for name, rate in power.errs().items())
        yield f"without an effect of k, so many of {power.draws:,} simulated sweeps of this design show one (at most 5 % should): {errs}"
        yield _rows_said(sweep, power)
        further = (*(sweep.config.sweep or Design()).further, power.orderings)
        if (twice := power_for(sweep, (power.orderings,)).detectable()) is not None:
            yield f"twice as many orderings would find {_told(twice)}: --set sweep.further={list(further)} adds them and undoes nothing"
    yield from (f"beware: {doubt}" for doubt in power.doubts)


def _rows_said(sweep: Sweep, power: Power) -> str:
    """What test rows add, and what a slope would be found without their errors."""
    if not power.row_errors:
        return "left out, too: what test rows add, for some head is attacked in no language but its own"
    found = sorted(scored_rows(sweep), key=lambda rows: -rows.error)
    most, ends = found[0], dict.fromkeys(f"{rows.error:.1f}" for rows in (found[-1], found[0]))
    where = f"{most.target}: {most.rows:,} rows x {most.languages} languages x {most.attacks} attacks"
    added = f"test rows add sd {' to '.join(ends)} points between models at most (most in {where})"
    least = replace(power, row_errors=()).detectable() or 0.0
    return f"{added}; rows enough (evaluation.rows, where there are more) would find {_told(least)}"


def _told(points: float, where: str = "") -> str:
    """A slope in probit units, with points beside it."""
    return f"{probits(points):.3f} probit units ({points:.2f} points{where})"


def _is_short(reference: Reference) -> bool:
    """Whether the references may end below the models with adapters, which often score higher."""
    return bool(reference.fractions) and not reference.rows and max(reference.fractions) <= 1


def check_budget(sweep: Sweep, store: Store, calibration: Calibration, *, over: bool = False) -> Outlook:
    """The outlook of what is left; InputError where that is above the config's limits, unless `over` them is allowed."""
    found = outlook(sweep, store, calibration)
    if found.over and not over:
        basis = "measured by a calibration" if calibration.measured else calibration.said
        do = (
            f"This is an estimate ({basis}). `adaptstilts plan {found.name}` says what it is made of. Make the sweep smaller "
            "(orderings, targets, k, rows), raise `sweep.spending` in the config, or pass --over-budget."
        )
        raise InputError("; ".join(found.over), where=f"sweep {found.name}", do=do)
    return found


def untaught(sweep: Sweep, store: Store) -> tuple[str, ...]:
    """The tasks of the trajectories whose adapters are known not to beat chance."""
    shelved = {entry.digest: entry.taught for entry in zoos(store.root)}
    adapters = {each for cell in sweep.cells if cell.role == "k" for each in cell.transfer.adapters}
    lost = (
        adapter.task
        for adapter in adapters
        if adapter.made(shelved=shelved.get, trained=lambda key: store.adapter(key).taught if store.done(key) else None)
        is False
    )
    return tuple(sorted(set(lost)))


def exposed(sweep: Sweep, store: Store) -> Iterator[str]:
    """Of each target whose models with adapters have seen its data or relatives of it: how many, and through which tasks."""
    standins = {entry.digest: entry.standin for entry in zoos(store.root)}
    models = [cell.transfer for cell in sweep.cells if cell.role == "k" and cell.k]
    for target in dict.fromkeys(model.target for model in models):
        own = [_seen_by(model, standins) for model in models if model.target == target]
        if seen := [names for names in own if names]:
            yield (
                f"seen: {len(seen)} of {len(own)} models of {target} hold {', '.join(sorted(set().union(*seen)))}, trained on its data or "
                "relatives of it; they do not count in the verdict"
            )


def _seen_by(model: Transfer, shelved: Mapping[str, str]) -> set[str]:
    """Its tasks whose data, or those that stood in for them, are the target's or of one source with them."""
    target, standins = TASKS.get(model.target), model.standins(shelved)
    return {name for name in model.tasks if exposure(target, {name, standins.get(name, name)}) != "unseen"}


def _places(sweep: Sweep) -> dict[str, tuple[str, int | None]]:
    """The first cell that each transfer and score belongs to, by key: its role and k."""
    found: dict[str, tuple[str, int | None]] = {}
    for cell in sweep.cells:
        for key in (cell.transfer.key, *(score.key for score in cell.scores)):
            found.setdefault(key, _place(cell))
    return found


def _place(cell: SweepCell) -> tuple[str, int | None]:
    return (cell.role if cell.role in ("k", "reference") else f"{cell.role} {cell.composition}"), cell.k


def _order(item: tuple[tuple[str, int | None, str], Any]) -> tuple[Any, ...]:
    (role, k, kind), _ = item
    first = ("adapters", "k").index(role) if role in ("adapters", "k") else 2
    return first, role, -1 if k is None else k, ("adapter", "transfer", "score").index(kind)
