"""Whole records of which a test says only what it is about: everything else is there and means nothing."""

from adaptstilts import ids
from adaptstilts.store.records.record import record_of

DIGEST = "0" * 32
MACHINE = {
    "packages": {},
    "commit": None,
    "dirty": False,
    "python": "3.11.0",
    "platform": "",
    "cores": 1,
    "device": "cpu",
}
PROVENANCE = {"config": "pocket", "settings": {}, "backbone": {"name": "pocket"}, "engine": "inline", **MACHINE}
LEARNT = {"language": "en", "backbone": "", "data": {"pocket": 1}, "shape": {}, "recipe": {}, "limits": {}}
SPECS = {
    "adapter": {"task": "mnli", "task_version": 1, **LEARNT},
    "transfer": {
        "target": "pawsx", "target_version": 1, "composition": "none", "composition_version": 1, "adapters": [], **LEARNT,
    },
    "score": {"transfer": "0" * 16, "data": {"pocket": 1}, "languages": [], "limits": {}},
}  # fmt: skip
PARTS = {"trainable": 0, "total": 0}
MADE = {
    "adapter": {"parts": PARTS, "training": {}, "scores": {}, "adapter": {"digest": DIGEST}, "task": "mnli"},
    "transfer": {
        "parts": PARTS, "target": "pawsx", "composition": "none", "method": None, "tasks": [], "members": [], "seed": 0,
        "trained": [], "adapters": {}, "standins": {}, "notes": [],
    },
    "score": {
        "target": "pawsx", "challenge": None, "metric": "accuracy", "attack": None, "exposure": "unseen", "standins": {},
        "summary": {"languages": 0, "mean": None, "mean_without_source": None}, "scores": {},
    },
}  # fmt: skip


def whole(kind, **fields):
    """A record of this kind of step as JSON; `cost`, `provenance`, and a `spec` without its kind may be given in part."""
    spec = fields.pop("spec", {})
    spec = spec if "step" in spec else {"step": kind, **SPECS[kind], **spec}
    cost = {"seconds": 1.0, "peak_memory": 0, **fields.pop("cost", {})}
    provenance = {**PROVENANCE, **fields.pop("provenance", {})}
    head = {"schema": 1, "key": ids.digest(spec), "step": kind, "title": kind, "spec": spec, "upstream": []}
    return {**head, **MADE[kind], **fields, "cost": cost, "provenance": provenance, "outcome": "ok"}


def record(kind, **fields):
    """The same as a typed record."""
    return record_of(whole(kind, **fields))
