"""The manifest of a sweep: every cell with its steps' keys; `store.manifest` keeps it."""

from __future__ import annotations

from adaptstilts import ids
from adaptstilts.plan.sweeps.expansion import Sweep
from adaptstilts.store.records.manifest import SCHEMA, SweepManifest, digest_of


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
