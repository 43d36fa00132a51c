"""The manifest of a sweep: every cell and its steps' keys in one file of the store, written before the first step runs."""

from __future__ import annotations

from pathlib import Path

from adaptstilts import ids
from adaptstilts.files import write_json
from adaptstilts.plan.sweeps.expansion import Sweep
from adaptstilts.store.records.manifest import SCHEMA, SweepManifest, digest_of
from adaptstilts.store.store import Store


def manifest(sweep: Sweep) -> SweepManifest:
    """Name, summary, digest over settings and cells, settings, cells with their steps' keys."""
    settings, cells = ids.plain(sweep.config), tuple(cell.keyed() for cell in sweep.cells)
    return SweepManifest(
        schema_=SCHEMA,
        name=sweep.config.name,
        summary=sweep.config.summary,
        digest=digest_of(settings, cells),
        settings=settings,
        cells=cells,
        left_out=sweep.left_out,
    )


def write_manifest(sweep: Sweep, store: Store) -> Path:
    """Write the manifest into the store whole, in place of an earlier one of the same name; where it lies."""
    path = store.root / "sweeps" / f"{sweep.config.name}.json"
    return write_json(path, manifest(sweep).plain())
