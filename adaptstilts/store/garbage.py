"""Space won back: weights that no record needs; what is removed is told first, and records never are."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from adaptstilts.files import writing
from adaptstilts.store.manifest import read_manifest, sweeps_in
from adaptstilts.store.scratch import left_behind
from adaptstilts.store.status import keys_of
from adaptstilts.store.store import BARE, ENCODINGS, LOWEST, PLANNED, Store

WEIGHTS = ("adapter", "encoder", "heads", "bundle", "checkpoint")
"""The folders of a step that hold weights."""


@dataclass(frozen=True)
class Spare:
    """A folder that may go: whose step, why, and how many bytes it holds.

    `done` says whether the step had a record when it was found, `weights` whether that record stays without its weights. What
    all steps share has no `key`.
    """

    path: Path
    key: str
    why: str
    size: int
    done: bool
    weights: bool = False


def spare(store: Store, *, finished: bool = False) -> list[Spare]:
    """What no record needs: checkpoints of finished steps, whatever steps left that have no record and no plan, and stopped imports.

    With `finished` also the weights of transfers and adapters that nothing planned in this store still needs; their records
    and predictions stay, and a later step that needs the weights makes them again. What is only kept for speed goes with them
    when nothing planned is left to do. What runs is left alone.
    """
    wanted, needed, found = *_planned(store), list[Spare]()
    found += [Spare(path, "", "an import was stopped here", _size(path), False) for path in left_behind(store.root)]
    for key in store.known():
        if store.running(key):
            continue
        if not store.done(key):
            if key not in wanted and key not in needed and not (store.folder(key) / PLANNED).is_file():
                found += _folders(store, key, WEIGHTS, "its step has no record and no plan")
            continue
        found += _folders(store, key, ("checkpoint",), "its step is finished", done=True)
        if finished and key not in needed:
            why = "nothing that is planned needs it any more"
            found += _folders(store, key, WEIGHTS[:-1], why, done=True, weights=True)
    if finished and not needed and not any(map(store.running, store.known())):
        kept = [path for name in (ENCODINGS, LOWEST) if (path := store.root / name).is_dir()]
        found += [
            Spare(path, "", "kept for speed alone, and nothing planned is left to do", _size(path), False)
            for path in kept
        ]
    return found


def remove(store: Store, found: Iterable[Spare]) -> int:
    """Remove them, each while its step is held; the bytes won. A record that stays without its weights is marked so first."""
    won = 0
    for one in found:
        with writing(one.path), store.free(one.key) if one.key else nullcontext(True) as mine:
            if one.key and (not mine or store.done(one.key) != one.done):
                continue  # somebody began it, or finished it, since
            if one.weights:
                (store.folder(one.key) / BARE).touch()
            shutil.rmtree(one.path)
            won += one.size
    return won


def _planned(store: Store) -> tuple[set[str], set[str]]:
    """The keys that some sweep of the store wants, done or not; and those that what is not done needs."""
    wanted, unfinished = set[str](), set[str]()
    for name in sweeps_in(store):
        manifest = read_manifest(store, name)
        wanted |= keys_of(manifest, store).keys()
        left = (cell for cell in manifest.cells if not all(map(store.done, (cell.transfer, *cell.scores))))
        unfinished |= {cell.transfer for cell in left}
    unfinished |= {key for key in wanted if not store.done(key)}
    return wanted, set(store.lineage(unfinished))


def _folders(
    store: Store, key: str, names: Iterable[str], why: str, *, done: bool = False, weights: bool = False
) -> list[Spare]:
    paths = [path for name in names if (path := store.folder(key) / name).is_dir()]
    paths += [path for path in store.folder(key).glob(".*") if path.is_dir()] if not weights else []
    return [Spare(path, key, why, _size(path), done, weights) for path in paths]


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
