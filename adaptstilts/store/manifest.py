"""Manifests of sweeps as they stand in a store: every cell and its steps' keys in one file."""

from __future__ import annotations

import json
from typing import Any

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact, UnknownName
from adaptstilts.store.store import Store

SCHEMA = 1


def sweeps_in(store: Store) -> list[str]:
    """The names of the sweeps that the store has manifests of."""
    return sorted(path.stem for path in (store.root / "sweeps").glob("[!.]*.json"))


def read_manifest(store: Store, name: str) -> dict[str, Any]:
    """The manifest of a sweep; UnknownName if the store has none of this name, CorruptArtefact if it does not read back."""
    path = store.root / "sweeps" / f"{name}.json"
    if not path.is_file():
        raise UnknownName("sweep", name, sweeps_in(store), where=str(store.root))
    do = "Remove the file and start the sweep again: nothing that is done is done twice."
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["schema"] != SCHEMA:
            raise ValueError(f"its schema is {found['schema']!r}, not {SCHEMA}")
        if found["digest"] != ids.digest({"settings": found["settings"], "cells": found["cells"]}):
            raise ValueError("its digest is not that of its content")
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptArtefact(f"not a readable manifest ({error})", where=str(path), do=do) from error
    return dict(found)
