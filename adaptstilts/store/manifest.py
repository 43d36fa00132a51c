"""Manifests of sweeps as they stand in a store: every cell and its steps' keys in one file."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts.bounds import STORE_BYTES, read_bytes
from adaptstilts.errors import CorruptArtefact, UnknownName
from adaptstilts.files import json_text, write_whole
from adaptstilts.store.store import Store

if TYPE_CHECKING:
    from adaptstilts.store.records.manifest import SweepManifest


def sweeps_in(store: Store) -> list[str]:
    """The names of the sweeps that the store has manifests of."""
    return sorted(path.stem for path in (store.root / "sweeps").glob("[!.]*.json"))


def write_manifest(manifest: SweepManifest, store: Store) -> Path:
    """Write the manifest whole, in place of an earlier one of the same name that says something else; where it lies."""
    path, text = store.root / "sweeps" / f"{manifest.name}.json", json_text(manifest.plain())
    with contextlib.suppress(OSError):
        if path.read_bytes() == text.encode():
            return path
    return write_whole(path, text, lasting=True)


def read_manifest(store: Store, name: str) -> SweepManifest:
    """The manifest of a sweep; UnknownName if the store has none of this name, CorruptArtefact if it does not read back."""
    from adaptstilts.store.records.manifest import parsed_manifest

    path = store.root / "sweeps" / f"{name}.json"
    if name not in sweeps_in(store):
        raise UnknownName("sweep", name, sweeps_in(store), where=str(store.root))
    try:
        return parsed_manifest(read_bytes(path, STORE_BYTES))
    except ValueError as error:
        do = "Remove the file and start the sweep again: nothing that is done is done twice."
        raise CorruptArtefact(f"not a readable manifest ({error})", where=str(path), do=do) from error
