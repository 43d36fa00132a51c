"""Which transfers and scores a report is about: the cells of a sweep's manifest, or of the records where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import InputError
from adaptstilts.plan.sweeps.heads import heads
from adaptstilts.plan.sweeps.trials import Role
from adaptstilts.store.manifest import read_manifest, sweeps_in
from adaptstilts.store.records.manifest import ManifestCell, SweepManifest
from adaptstilts.store.records.record import ScoreRecord, TransferRecord
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS

ROLES: Mapping[str, Role] = {"combination": "k", "control": "control", "baseline": "baseline"}
"""What a composition's transfers are to the question, by its group."""


def manifest_of(store: Path, sweep: str | None = None) -> SweepManifest | None:
    """The manifest called `sweep`, or the only one there is; None where the store has none.

    Raises UnknownName for another name, InputError where there are several to choose from, CorruptArtefact.
    """
    found = sweeps_in(Store(store))
    if sweep is None and not found:
        return None
    if sweep is None and len(found) > 1:
        raise InputError(
            f"the store holds {len(found)} sweeps", where=str(store), do=f"Name one of {', '.join(found)}."
        )
    return read_manifest(Store(store), found[0] if sweep is None else sweep)


def derived(transfers: Mapping[str, TransferRecord], scores: Mapping[str, ScoreRecord]) -> tuple[ManifestCell, ...]:
    """Cells made of finished transfers and whatever scores they have: one ordering, k by the members."""
    keys: dict[str, list[str]] = {}
    for key, score in scores.items():
        keys.setdefault(score.spec.transfer, []).append(key)
    return tuple(
        _of_record(record, sorted(keys.get(key, ()), key=lambda name: bool(scores[name].attack)))
        for key, record in transfers.items()
    )


def _of_record(record: TransferRecord, scores: list[str]) -> ManifestCell:
    name = record.composition
    return ManifestCell(
        role=ROLES[COMPOSITIONS.get(name).group] if name in COMPOSITIONS else "baseline",
        composition=name,
        k=len(record.members),
        tasks=record.tasks,
        ordering=0,
        head=head_of(record.target),
        target=record.target,
        seed=record.seed,
        transfer=record.key,
        scores=tuple(scores),
    )


def head_of(target: str) -> str:
    """The name that all targets share whose heads train on the same data; "" for one that trains nothing."""
    return heads([TASKS.get(target)])[target] if target in TASKS else target
