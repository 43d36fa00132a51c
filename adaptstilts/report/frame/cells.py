"""Which transfers and scores a report is about: the cells of a sweep's manifest, or of the records where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import InputError
from adaptstilts.plan.sweeps.heads import heads
from adaptstilts.plan.sweeps.trials import Role
from adaptstilts.store.manifest import read_manifest, sweeps_in
from adaptstilts.store.records.manifest import ManifestCell
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS

ROLES: Mapping[str, Role] = {"combination": "k", "control": "control", "baseline": "baseline"}
"""What a composition's transfers are to the question, by its group."""


@dataclass(frozen=True)
class Manifest:
    """The cells of one sweep, its name and the digest over its settings and cells (both empty without a manifest)."""

    name: str
    digest: str
    cells: tuple[ManifestCell, ...]


def manifest_of(store: Path, sweep: str | None = None) -> Manifest | None:
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
    manifest = read_manifest(Store(store), found[0] if sweep is None else sweep)
    return Manifest(manifest.name, manifest.digest, manifest.cells)


def derived(records: Mapping[str, Mapping[str, Any]]) -> Manifest:
    """Cells made of finished transfers and whatever scores they have: one ordering, k by the members."""
    scores: dict[str, list[str]] = {}
    for key, record in records.items():
        if record["step"] == "score":
            scores.setdefault(record["spec"]["transfer"], []).append(key)
    cells = [
        _of_record(record, sorted(scores.get(key, ()), key=lambda name: bool(records[name]["attack"])))
        for key, record in records.items()
        if record["step"] == "transfer"
    ]
    return Manifest("", "", tuple(cells))


def _of_record(record: Mapping[str, Any], scores: list[str]) -> ManifestCell:
    name = str(record["composition"])
    return ManifestCell(
        role=ROLES[COMPOSITIONS.get(name).group] if name in COMPOSITIONS else "baseline",
        composition=name,
        k=len(record["members"]),
        tasks=tuple(record["tasks"]),
        ordering=0,
        head=head_of(str(record["target"])),
        target=str(record["target"]),
        seed=int(record.get("seed", 0)),
        transfer=str(record["key"]),
        scores=tuple(scores),
    )


def head_of(target: str) -> str:
    """The name that all targets share whose heads train on the same data; "" for one that trains nothing."""
    return heads([TASKS.get(target)])[target] if target in TASKS else target
