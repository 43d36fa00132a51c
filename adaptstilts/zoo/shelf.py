"""From a finished adapter step to an entry in a zoo."""

from __future__ import annotations

from adaptstilts.errors import InputError
from adaptstilts.ids import key_named
from adaptstilts.store.records.record import AdapterRecord
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS
from adaptstilts.zoo.zoo import Entry, Zoo, Zoos


def shelve(
    record: AdapterRecord,
    store: Store,
    zoo: Zoo | Zoos,
    *,
    origin: str = "trained",
    name: str = "",
    replace: bool = True,
) -> Entry:
    """Put the adapter that `record` tells of into `zoo`, with its recipe and its scores on held-out rows.

    Its name is `<config>-<task>` unless one is given. Raises as `Zoo.add`; without `replace` InputError, too, for a name
    that another adapter has.
    """
    config = record.provenance.config
    language, scores = next(iter(record.scores.items()))
    entry = Entry(
        name=name or f"{config}-{record.task}",
        digest=record.adapter.digest,
        task=record.task,
        backbone=record.provenance.backbone.name,
        step=record.key,
        origin=origin,
        licence="Apache-2.0" if config == "pocket" else TASKS.get(record.task).licence,
        trainable=record.parts.trainable,
        scores={name: round(value, 4) for name, value in scores.metrics.items()},
        recipe={**record.spec.plain(), "scored_in": language},
    )
    if not replace and any(old.name == entry.name and old.digest != entry.digest for old in zoo):
        raise InputError("another adapter has this name already", where=entry.name, do="Choose one with --as.")
    return zoo.add(entry, store.folder(record.key) / "adapter")


def adapter_record(store: Store, key: str) -> AdapterRecord:
    """The record of the finished adapter step whose key begins so; raises as `key_named`, and InputError for a step of another kind."""
    keys = [path.parent.name for path in store.steps.glob("*/record.json")]
    do = "`adaptstilts list adapters` names the steps that trained one."
    record = store.record(key_named(key, keys, "finished step", where=str(store.root), do=do))
    if record.step != "adapter":
        what = f"step {record.key} ({record.title}) made no adapter of a task"
        raise InputError(what, where=str(store.root), do="`adaptstilts list adapters` names the steps that did.")
    return record
