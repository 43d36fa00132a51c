"""Which transfers and scores a report is about: the cells of a sweep's manifest, or of the records where there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import CorruptArtefact, InputError, UnknownName
from adaptstilts.kinds import kind_of
from adaptstilts.tasks import TASKS, Task

ROLES = {"apart": "k", "random": "control", "copies": "control", "wide": "control"}
"""What a composition's transfers are to the question, by what it is made of; all others are baselines."""


@dataclass(frozen=True)
class Planned:
    """One cell: a transfer, its scores (the clean one first), and its place in the design.

    `role` is k, control, baseline or reference; `head` the unit of inference ("" for a target that trains nothing).
    """

    role: str
    composition: str
    k: int
    tasks: tuple[str, ...]
    ordering: int
    head: str
    target: str
    seed: int
    transfer: str
    scores: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """The cells of one sweep, its name and the digest over its settings and cells (both empty without a manifest)."""

    name: str
    digest: str
    cells: tuple[Planned, ...]


def manifests(store: Path) -> dict[str, Path]:
    """The files of a store's sweeps, by name."""
    return {path.stem: path for path in sorted((store / "sweeps").glob("*.json"))}


def read_manifest(store: Path, sweep: str | None = None) -> Manifest | None:
    """The manifest called `sweep`, or the only one there is; None where the store has none.

    Raises UnknownName for another name, InputError where there are several to choose from, CorruptArtefact.
    """
    found = manifests(store)
    if sweep is not None and sweep not in found:
        raise UnknownName("sweep", sweep, found, where=str(store))
    if not found:
        return None
    if sweep is None and len(found) > 1:
        do = f"Name one of {', '.join(found)}."
        raise InputError(f"the store holds {len(found)} sweeps", where=str(store), do=do)
    path = found[sweep] if sweep is not None else next(iter(found.values()))
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(str(tree["name"]), str(tree["digest"]), tuple(_planned(cell) for cell in tree["cells"]))
    except (ValueError, KeyError, TypeError) as error:
        do = "Plan the sweep again: records are not touched by it."
        raise CorruptArtefact(f"not a readable manifest ({error})", where=str(path), do=do) from error


def _planned(cell: Mapping[str, Any]) -> Planned:
    plain: dict[str, Any] = {name: cell[name] for name in Planned.__dataclass_fields__}
    return Planned(**{**plain, "tasks": tuple(cell["tasks"]), "scores": tuple(cell["scores"])})


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


def _of_record(record: Mapping[str, Any], scores: list[str]) -> Planned:
    name = str(record["composition"])
    made_of = COMPOSITIONS.get(name).ingredients if name in COMPOSITIONS else ""
    return Planned(
        role=ROLES.get(made_of, "baseline"),
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
    """One name for all targets whose heads train on the same data (the last by name: `xquad`); "" for one that trains nothing."""
    if target not in TASKS:
        return target
    task = TASKS.get(target)
    if not _trains(task):
        return ""
    return max(other.name for other in TASKS if other.role == "target" and other.train == task.train and _trains(other))


def _trains(task: Task) -> bool:
    return kind_of(task.kind).head(task).loss != "none"
