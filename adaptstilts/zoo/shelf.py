"""From a finished adapter step to an entry in a zoo."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from adaptstilts import ids
from adaptstilts.errors import InputError
from adaptstilts.ids import key_named
from adaptstilts.store.records.record import AdapterRecord
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS
from adaptstilts.zoo.zoo import Entry, Zoo, Zoos

LARGEST_HALF = 65504.0
"""The largest number of float16."""


def shelve(
    record: AdapterRecord,
    store: Store,
    zoo: Zoo | Zoos,
    *,
    origin: str = "trained",
    name: str = "",
    replace: bool = True,
    half: bool = False,
) -> Entry:
    """Put the adapter that `record` tells of into `zoo`, with its recipe and its scores on held-out rows.

    Its name is `<config>-<task>` unless one is given; with `half` its weights are rounded to float16 on the way. Raises as
    `Zoo.add`; without `replace` InputError, too, for a name that another adapter has.
    """
    own = store.folder(record.key) / "adapter"
    with _halved(own) if half else contextlib.nullcontext(own) as files:
        digest = ids.files_digest(sorted(files.iterdir())) if half else record.adapter.digest
        entry = _entry(record, digest, origin, name)
        if not replace and any(old.name == entry.name and old.digest != entry.digest for old in zoo):
            raise InputError("another adapter has this name already", where=entry.name, do="Choose one with --as.")
        return zoo.add(entry, files)


def _entry(record: AdapterRecord, digest: str, origin: str, name: str) -> Entry:
    config = record.provenance.config
    language, scores = next(iter(record.scores.items()))
    read = record.standins.get(record.task, record.task)
    return Entry(
        name=name or f"{config}-{record.task}",
        digest=digest,
        task=record.task,
        backbone=record.provenance.backbone.name,
        step=record.key,
        origin=origin,
        licence="Apache-2.0" if "pocket" in record.spec.data else TASKS.get(read).licence,
        trainable=record.parts.trainable,
        scores={name: round(value, 4) for name, value in scores.metrics.items()},
        above_chance=scores.above_chance,
        recipe={**record.spec.plain(), "scored_in": language},
    )


@contextlib.contextmanager
def _halved(folder: Path) -> Iterator[Path]:
    """A copy of an adapter's folder whose tensors are float16, as long as it is entered; InputError where one does not fit."""
    import numpy as np
    from safetensors.numpy import load_file, save_file

    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "adapter")
        shutil.copytree(folder, copy)
        for path in copy.glob("*.safetensors"):
            tensors = load_file(path)
            if any(np.abs(tensor).max(initial=0.0) > LARGEST_HALF for tensor in tensors.values()):
                raise InputError("a weight is too large for float16", where=str(folder), do="Leave out --half.")
            save_file({name: tensor.astype(np.float16) for name, tensor in tensors.items()}, path)
        yield copy


def needing(store: Store, digest: str) -> list[str]:
    """The finished transfers of a store that read the adapter with this digest from a zoo, by title and key."""
    outlines = ((key, store.outline(key)) for key in store.known() if store.done(key))
    found = [(key, outline) for key, outline in outlines if outline and outline.kind == "transfer"]
    return [f"{o.title} [{key}]" for key, o in found if any(_digest(a) == digest for a in o.spec.get("adapters", ()))]


def _digest(adapter: object) -> str:
    """Of an adapter that came from a zoo, as a transfer's spec has it; one that a step trained is named by the step's key."""
    return str(adapter.get("digest", "")) if isinstance(adapter, dict) else ""


def adapter_record(store: Store, key: str) -> AdapterRecord:
    """The record of the finished adapter step whose key begins so; raises as `key_named`, and InputError for a step of another kind."""
    keys = [path.parent.name for path in store.steps.glob("*/record.json")]
    do = "`adaptstilts list adapters` names the steps that trained one."
    record = store.record(key_named(key, keys, "finished step", where=str(store.root), do=do))
    if record.step != "adapter":
        what = f"step {record.key} ({record.title}) made no adapter of a task"
        raise InputError(what, where=str(store.root), do="`adaptstilts list adapters` names the steps that did.")
    return record
