"""The confirmatory plan of a sweep, made from its design before there are results; `store.registration` keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from adaptstilts import ids
from adaptstilts.attacks import ATTACKS
from adaptstilts.errors import InputError, UnknownName
from adaptstilts.store.registration import Plan, checked

if TYPE_CHECKING:
    from adaptstilts.config.sections import Evaluation
    from adaptstilts.plan.sweeps.expansion import Sweep
    from adaptstilts.store.records.manifest import ManifestCell


def design_digest(cells: Iterable[ManifestCell]) -> str:
    """16 hex digits over place, transfer and scores of every cell, whatever their order."""
    return ids.digest(sorted(ids.canonical(_spelt(cell)) for cell in cells))


def _spelt(cell: ManifestCell) -> list[str | int]:
    place = (cell.role, cell.composition, cell.k, cell.ordering, cell.head, cell.target)
    return [*place, cell.transfer, *cell.scores]


def plan_of(
    sweep: Sweep,
    *,
    sesoi: float = 0.05,
    alpha: float = 0.05,
    weights: Mapping[str, float] | None = None,
    languages: tuple[str, ...] = (),
    looks: int = 0,
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
    spoken = {code for cell in mine for score in cell.scores if score.attack for code in score.languages}
    for code in sorted(set(languages) - spoken):
        raise UnknownName("language of the sweep", code, spoken, where="languages of the plan")
    k = tuple(sorted({cell.k for cell in mine}))
    plan = Plan(
        sweep=sweep.config.name,
        cells=design_digest(cell.keyed() for cell in sweep.cells),
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
        looks=looks,
    )
    return checked(plan)


def strengths(evaluation: Evaluation) -> dict[str, Any]:
    """The severities and budgets that the config itself sets, beside which a sweep may try others."""
    severities = {0.0, evaluation.severity, evaluation.radius}
    return {"severities": tuple(sorted(severities)), "budgets": tuple(sorted({0, evaluation.budget}))}


def tested(there: set[str]) -> set[str]:
    """The attacks that a plan tests where it names none: the static ones, or all where there are none of these."""
    return {name for name in there if name in ATTACKS and ATTACKS.get(name).family == "static"} or there


def _weights(there: set[str], wanted: Mapping[str, float]) -> dict[str, float]:
    found = dict(wanted) or dict.fromkeys(sorted(tested(there)), 1.0)
    strangers = sorted(set(found) - there)
    if strangers or not found:
        what = f"the sweep has no {', '.join(strangers)}" if strangers else "there is no attack to weigh"
        raise InputError(what, where="attacks of the plan", do=f"It has {', '.join(sorted(there)) or 'none'}.")
    return dict(sorted(found.items()))


def results_of(sweep: Sweep) -> list[str]:
    """The keys of the sweep's attacked scores: what a plan has to come before."""
    return sorted({score.key for cell in sweep.cells for score in cell.scores if score.attack})


def transfers_of(sweep: Sweep) -> list[str]:
    """The keys of the sweep's transfers, by which its scores can be known."""
    return sorted({cell.transfer.key for cell in sweep.cells})
