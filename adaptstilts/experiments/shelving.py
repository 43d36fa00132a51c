"""From a finished adapter step to an entry in a zoo."""

from __future__ import annotations

from typing import Any

from adaptstilts.experiments.store import Store
from adaptstilts.experiments.zoo import Entry, Zoo
from adaptstilts.tasks import TASKS


def shelve(record: dict[str, Any], store: Store, zoo: Zoo, *, origin: str) -> Entry:
    """Put the adapter that `record` tells of into `zoo`, with its recipe and its scores on held-out rows."""
    (language, scores), *_ = record["scores"].items()
    kept = {name: round(value, 4) for name, value in scores.items() if isinstance(value, float) and name != "chance"}
    config = record["provenance"]["config"]
    entry = Entry(
        name=f"{config}-{record['task']}",
        digest=record["adapter"]["digest"],
        task=record["task"],
        backbone=str(record["provenance"]["backbone"].get("name", config)),
        step=record["key"],
        origin=origin,
        licence="Apache-2.0" if config == "pocket" else TASKS.get(record["task"]).licence,
        trainable=record["parts"]["trainable"],
        scores=kept,
        recipe={**record["spec"], "scored_in": language},
    )
    zoo.add(entry, store.folder(record["key"]) / "adapter")
    return entry
