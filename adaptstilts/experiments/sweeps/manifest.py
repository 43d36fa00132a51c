"""The manifest of a sweep: every cell and its steps' keys in one file of the store, written before the first step runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact, UnknownName
from adaptstilts.experiments.store import Store, write_json, writing
from adaptstilts.experiments.sweeps.expansion import Sweep

SCHEMA = 1


def manifest(sweep: Sweep) -> dict[str, Any]:
    """The sweep as JSON: name, summary, digest over settings and cells, settings, cells with their steps' keys."""
    settings, cells = ids.plain(sweep.config), [cell.as_dict() for cell in sweep.cells]
    return {
        "schema": SCHEMA,
        "name": sweep.config.name,
        "summary": sweep.config.summary,
        "digest": ids.digest({"settings": settings, "cells": cells}),
        "settings": settings,
        "cells": cells,
        "left_out": sweep.left_out,
    }


def write_manifest(sweep: Sweep, store: Store) -> Path:
    """Write the manifest into the store whole, in place of an earlier one of the same name; where it lies."""
    path = store.root / "sweeps" / f"{sweep.config.name}.json"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, manifest(sweep))
    return path


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
