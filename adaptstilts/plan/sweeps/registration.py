"""The confirmatory plan as a file: what will be tested, how and on what, written down before there are results.

`preregistration.json` in the store holds the plan and a digest over its canonical content. Every record that is made
later carries that digest, so that a reader can tell whether the plan came first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from adaptstilts import ids
from adaptstilts.attacks import ATTACKS
from adaptstilts.errors import CorruptArtefact, InputError, UnknownName
from adaptstilts.files import write_json
from adaptstilts.store.store import Store

if TYPE_CHECKING:
    from adaptstilts.config.sections import Evaluation
    from adaptstilts.plan.sweeps.expansion import Sweep

FILE = "preregistration.json"
SCHEMA = 1
EXCLUSIONS = ("backbone", "data", "exposure", "dirty", "device")
"""Flags of records that are left out of the confirmatory test."""


@dataclass(frozen=True)
class Plan:
    """The confirmatory test, whole.

    `cells` is the digest of the sweep's cells (`design_digest`). D is the mean over `attacks` (by weight), at these
    `severities` and `budgets` (0 for attacks without any; empty: all that there are), over `languages` (empty: all) but
    the source language. beta is the mean over `orderings` and `heads` of the slope of D on log2 k, k >= 1, of the
    `composition`; a trajectory counts from `levels` levels of k on. `sesoi` is the smallest effect of interest in probit
    units a doubling, `alpha` the level; the reference line takes `references` k = 0 models or more. Records with a flag
    of `exclusions` are left out.
    """

    sweep: str = ""
    cells: str = ""
    composition: str = "fuse"
    estimand: str = "slope of the probit robustness cost on log2 k"
    attacks: Mapping[str, float] = field(default_factory=dict)
    severities: tuple[float, ...] = ()
    budgets: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    k: tuple[int, ...] = ()
    orderings: int = 0
    heads: tuple[str, ...] = ()
    levels: int = 3
    sesoi: float = 0.05
    alpha: float = 0.05
    references: int = 6
    exclusions: tuple[str, ...] = EXCLUSIONS

    @property
    def digest(self) -> str:
        return ids.digest(self)


class _Cell(Protocol):
    """A cell of a sweep, as expanded or as its manifest has it."""

    @property
    def role(self) -> Any: ...
    @property
    def composition(self) -> str: ...
    @property
    def k(self) -> int: ...
    @property
    def ordering(self) -> int: ...
    @property
    def head(self) -> str: ...
    @property
    def target(self) -> str: ...


def design_digest(cells: Iterable[_Cell]) -> str:
    """16 hex digits over place, transfer and scores of every cell, whatever their order."""
    return ids.digest(sorted(ids.canonical([*_place(cell), *_keys(cell)]) for cell in cells))


def _place(cell: _Cell) -> tuple[Any, ...]:
    return cell.role, cell.composition, cell.k, cell.ordering, cell.head, cell.target


def _keys(cell: Any) -> list[str]:
    return [step if isinstance(step, str) else step.key for step in (cell.transfer, *cell.scores)]


def plan_of(
    sweep: Sweep,
    *,
    sesoi: float = 0.05,
    alpha: float = 0.05,
    weights: Mapping[str, float] | None = None,
    languages: tuple[str, ...] = (),
) -> Plan:
    """The plan of an expanded sweep: its first composition, its static attacks weighed alike unless `weights` names others.

    A sweep without static attacks tests all it has. Raises InputError for attacks and languages that the sweep lacks, weights and
    levels that make no sense, and a sweep without trajectories.
    """
    trajectories = [cell for cell in sweep.cells if cell.role == "k" and cell.k >= 1]
    design = sweep.config.sweep
    if not trajectories or design is None:
        do = "Give its `sweep:` section k of 1 and more, orderings and targets."
        raise InputError("the sweep has no trajectories over k", where=sweep.config.name, do=do)
    composition = design.compositions[0]
    mine = [cell for cell in trajectories if cell.composition == composition]
    chosen = _weights({score.attack for cell in mine for score in cell.scores if score.attack}, weights or {})
    _check(sesoi, alpha)
    spoken = {code for cell in mine for score in cell.scores if score.attack for code in score.languages}
    for code in sorted(set(languages) - spoken):
        raise UnknownName("language of the sweep", code, spoken, where="languages of the plan")
    k = tuple(sorted({cell.k for cell in mine}))
    return Plan(
        sweep=sweep.config.name,
        cells=design_digest(sweep.cells),
        composition=composition,
        attacks=chosen,
        **strengths(sweep.config.evaluation),
        languages=languages,
        k=k,
        orderings=len({cell.ordering for cell in mine}),
        heads=tuple(sorted({cell.head for cell in mine if cell.head})),
        levels=min(3, len(k)),
        sesoi=sesoi,
        alpha=alpha,
    )


def strengths(evaluation: Evaluation) -> dict[str, Any]:
    """The severities and budgets that the config itself sets, beside which a sweep may try others."""
    severities = {0.0, evaluation.severity, evaluation.radius}
    return {"severities": tuple(sorted(severities)), "budgets": tuple(sorted({0, evaluation.budget}))}


def _weights(there: set[str], wanted: Mapping[str, float]) -> dict[str, float]:
    static = {name for name in there if name in ATTACKS and ATTACKS.get(name).family == "static"}
    found = dict(wanted) or dict.fromkeys(sorted(static or there), 1.0)
    strangers = sorted(set(found) - there)
    if strangers or not found or any(weight <= 0 for weight in found.values()):
        what = f"the sweep has no {', '.join(strangers)}" if strangers else "weights must be above 0, one at least"
        raise InputError(what, where="attacks of the plan", do=f"It has {', '.join(sorted(there)) or 'none'}.")
    return dict(sorted(found.items()))


def _check(sesoi: float, alpha: float) -> None:
    if not sesoi > 0 or not 0 < alpha < 0.5:
        do = "The defaults are 0.05 probit units a doubling, and 0.05."
        raise InputError(
            "the smallest effect must be above 0, alpha within 0 and 0.5", where=f"{sesoi}, {alpha}", do=do
        )


def preregister(plan: Plan, keys: Iterable[str], store: Store) -> Path:
    """Write the plan into the store; nothing changes where it stands there already. `keys` are those of its results.

    Raises InputError where any result exists, or that of another plan which stands there.
    """
    path, old = store.root / FILE, registered(store.root)
    if old is not None and old.digest == plan.digest:
        return path
    done = [key for key in keys if store.done(key)]
    if done:
        what = f"{len(done)} of this plan's results are there already, so that it cannot come before them"
        do = "Name an empty store with --out. The verdict on this one will say that its plan was not registered."
        raise InputError(what, where=str(store.root), do=do)
    if old is not None and _has_results(store, old):
        do = "Name another store with --out: a plan is not changed once results follow it."
        raise InputError(f"results of another plan ({old.digest}) are there", where=str(path), do=do)
    return write_json(path, {"schema": SCHEMA, "digest": plan.digest, "plan": ids.plain(plan)})


def _has_results(store: Store, plan: Plan) -> bool:
    return any(record["provenance"].get("preregistration") == plan.digest for record in store.records([]))


def results_of(sweep: Sweep) -> list[str]:
    """The keys of the sweep's attacked scores: what a plan has to come before."""
    return sorted({score.key for cell in sweep.cells for score in cell.scores if score.attack})


def registered(store: Path) -> Plan | None:
    """The plan that stands in a store, or None; CorruptArtefact if it does not read back as it was written."""
    path = store / FILE
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in told["plan"].items()}
        plan = Plan(**fields)
        if plan.digest != told["digest"]:
            raise ValueError("its digest is not that of its content")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        do = "Put the file back as it was written; a plan that was changed is no preregistration."
        raise CorruptArtefact(f"not a readable plan ({error})", where=str(path), do=do) from error
    return plan


def digest_in(store: Path) -> str | None:
    """The digest of the plan in a store, for records that are made now; None without one, "unreadable" for a broken one."""
    try:
        plan = registered(store)
    except CorruptArtefact:
        return "unreadable"
    return plan.digest if plan else None
