"""What is published: the files of an adapter or a transfer, and what their record knows of them."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.bounds import read_json
from adaptstilts.errors import CorruptArtefact, InputError, NotApplicable
from adaptstilts.hub.scrub import without_host
from adaptstilts.ids import key_named
from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.models.door.adapter_schema import ADAPTER_FILES, FILES
from adaptstilts.steps.step import Transfer
from adaptstilts.store.records.numbers import HeldOut
from adaptstilts.store.records.part import given
from adaptstilts.store.records.record import AdapterRecord, Record, ScoreRecord, TransferRecord
from adaptstilts.store.runs import readable, transfer_of
from adaptstilts.store.store import Store, told_records
from adaptstilts.tasks import TASKS
from adaptstilts.zoo.claims import SCHEMA
from adaptstilts.zoo.zoo import Entry, Zoo, Zoos

LEAST = 6
"""Letters of a digest or a key that are asked for before anything goes out."""
BUNDLE_TEXTS = frozenset({"bundle.json", "adapter_config.json", "adapter_fusion_config.json", "head_config.json"})
"""Files of a bundle beside its weights, which `bundle.json` lists by digest."""
PUBLISHED = "published.json"
"""In a store: the repository and commit by digest of the adapters that were published from it."""


@dataclass(frozen=True)
class Package:
    """Files by their path in the repository, what `adaptstilts.json` says, and the records its results come from."""

    files: dict[str, Path]
    facts: dict[str, Any]
    scores: tuple[ScoreRecord, ...] = ()

    @property
    def model_type(self) -> str:
        """The architecture of the encoder, as an adapter among the files names it; empty without any."""
        configs = [path for name, path in self.files.items() if name.endswith("adapter_config.json")]
        return str(read_json(configs[0]).get("model_type", "")) if configs else ""

    @property
    def apart(self) -> str:
        """Why plain `adapters` computes another function of these files, where it does (see `Architecture`)."""
        return ARCHITECTURES.get(self.model_type).apart if self.model_type in ARCHITECTURES else ""

    def description(self) -> bytes:
        """`adaptstilts.json`."""
        return (json.dumps(self.facts, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def package(name: str, store: Store, zoo: Zoos) -> Package:
    """What `name` names: an adapter in the zoo by name, an adapter by digest, or a finished step by key.

    Beginnings of digests and keys will do, from six letters on. Raises as `key_named`, CorruptArtefact
    (files that the record does not know), NotApplicable (a step that holds no adapter).
    """
    named = [entry for entry in zoo if entry.name == name]
    if named:
        return of_entry(named[0], store, zoo)
    records = readable(store, name)
    entries = {entry.digest: entry for entry in zoo}
    steps = records | {_digest(record): record for record in records.values() if _digest(record)}
    known = [*(entry.name for entry in zoo), *records]
    do = "`adaptstilts list adapters` and `adaptstilts list runs` name all."
    found = key_named(name, {**steps, **entries}, "adapter or run", known=known, least=LEAST, do=do)
    if found in entries:
        return of_entry(entries[found], store, zoo)
    record = steps[found]
    if record.step not in ("adapter", "transfer"):
        raise NotApplicable(f"{name} is a score; publish its transfer, or `--results` for a whole store")
    if store.bare(record.key):
        again = f"adaptstilts work --store {shlex.quote(str(store.root))} --key {record.key} --upstream"
        do = f"Make them again with `{again}`, or publish from the store that has them."
        raise InputError("this store has the record of the step, and not its weights", where=record.key, do=do)
    if record.step == "adapter":
        return of_step(record, store)
    return of_transfer(record, store, zoo)


def _digest(record: Record) -> str:
    return record.adapter.digest if record.step == "adapter" else ""


def of_entry(entry: Entry, store: Store, zoo: Zoos) -> Package:
    """An adapter on the shelf; its record is used where this store has it."""
    if entry.step and store.done(entry.step) and store.adapter(entry.step).adapter.digest == entry.digest:
        return of_step(store.adapter(entry.step), store, entry)
    folder = zoo.files(entry.digest)
    spec = {key: value for key, value in entry.recipe.items() if key not in ("scored_in", "fits", "identity")}
    language = str(entry.recipe.get("scored_in", ""))
    facts = {
        "name": entry.name,
        "task": entry.task,
        "key": entry.step,
        "backbone": {"name": entry.backbone, **(entry.recipe.get("backbone") or entry.recipe.get("identity") or {})},
        "spec": spec,
        "licence": entry.licence,
        "origin": entry.origin,
        "scores": entry.scores,
        "results": {language: entry.scores} if entry.scores else {},
        **given(above_chance=entry.above_chance and entry.above_chance.plain()),
        "parts": {"trainable": entry.trainable},
    }
    return _adapter(folder, facts)


def of_step(record: AdapterRecord, store: Store, entry: Entry | None = None) -> Package:
    """The adapter that a finished step trained."""
    folder = store.folder(record.key) / "adapter"
    if not folder.is_dir():
        raise _too_large(f"step {record.key}", store.folder(record.key) / "encoder")
    if ids.files_digest(sorted(folder.iterdir())) != record.adapter.digest:
        do = "Nothing goes out that the record does not know: restore the folder, or train it again."
        raise CorruptArtefact("the adapter's files are not those that the record tells of", where=str(folder), do=do)
    return _adapter(folder, _trained(record, entry.name if entry else f"{record.provenance.config}-{record.task}"))


def of_shelved(record: AdapterRecord, entry: Entry, zoo: Zoo) -> Package:
    """The adapter that a step trained, as it lies in a zoo, where its weights may be rounded."""
    return _adapter(zoo.files(entry.digest), {**_trained(record, entry.name), "origin": entry.origin})


def _trained(record: AdapterRecord, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "task": record.task,
        **_made(record, [record.task]),
        "scores": next(iter(record.scores.values())).metrics,
        "results": {language: _numbers(found) for language, found in record.scores.items()},
        **given(above_chance=record.above_chance and record.above_chance.plain()),
        "parts": record.parts.plain(),
        "cost": record.cost.plain(),
        "training": {k: v for k, v in record.training.plain().items() if k in ("examples", "steps", "rows", "seconds")},
    }


def _too_large(name: str, encoder: Path) -> NotApplicable:
    """Whole encoders are `transformers`' own, gigabytes for XLM-R; what is published here are adapters."""
    what = f"{name} trained the whole encoder; only adapters are published, which are small and load on any copy of it"
    do = "Publish its scores with `adaptstilts publish --results STORE user/repo`."
    if encoder.is_dir():
        do += f" Its weights, which plain `transformers` loads, go up with `hf upload user/repo {encoder}`."
    return NotApplicable(what, do=do)


def _adapter(folder: Path, facts: dict[str, Any]) -> Package:
    files = {path.name: path for path in sorted(folder.iterdir())}
    odd = sorted(set(files) - set(FILES))
    if odd:
        do = "Take it out of the folder."
        raise CorruptArtefact(f"{odd[0]!r} is no part of an adapter", where=str(folder), do=do)
    found = {
        "schema": SCHEMA,
        "kind": "adapter",
        **facts,
        "digest": ids.files_digest(list(files.values())),
        "weights_digest": ids.files_digest([folder / name for name in ADAPTER_FILES]),
        "files": {name: sha256(path) for name, path in files.items()},
    }
    return Package(files, found)


def of_transfer(record: TransferRecord, store: Store, zoo: Zoos) -> Package:
    """A composition: the bundle (fusion, target adapter, head), its adapters by reference or beside it, its scores."""
    step, folder = transfer_of(store, record.key), store.folder(record.key) / "bundle"
    whole = (folder / "encoder").is_dir() or any(need.whole for need in step.needs)
    if whole:
        raise _too_large(record.title, folder / "encoder")
    if step.languages:
        what = f"{record.title} is not made of adapters alone: it speaks through language adapters"
        do = "Publish the composition without them, or its scores with `adaptstilts publish --results STORE user/repo`."
        raise NotApplicable(what, do=do)
    files = _bundle_files(folder)
    members, beside = _members(step, record, store, zoo)
    scores = tuple(r for r in told_records(store) if r.step == "score" and r.spec.transfer == record.key)
    kept = {k: v for k, v in record.plain().items() if k not in ("provenance", "upstream")}
    made = _made(record, [task for task in (*step.tasks, step.target) if task in TASKS])
    facts = {
        "name": f"{step.composition}-{step.target}",
        "title": record.title,
        "target": step.target,
        "composition": step.composition,
        "task": step.target,
        "members": members,
        **made,
        "record": {**kept, "provenance": made["provenance"]},
    }
    every = {**files, **beside}
    shas = {name: sha256(path) for name, path in every.items()}
    described = {"schema": SCHEMA, "kind": "composition", **facts, "digest": ids.digest(shas), "files": shas}
    return Package(every, described, scores)


def _bundle_files(folder: Path) -> dict[str, Path]:
    """The bundle's files; CorruptArtefact for one that `bundle.json` does not know, or that has changed since."""
    described = read_json(folder / "bundle.json")
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    for name, path in files.items():
        changed = name.endswith(".safetensors") and described["weights"].get(name) != ids.files_digest([path])
        if changed or not (name.endswith(".safetensors") or path.name in BUNDLE_TEXTS):
            do = "Nothing goes out that the record does not know: run the transfer again."
            raise CorruptArtefact(f"{name} is not what was saved with the transfer", where=str(folder), do=do)
    return files


def _members(
    step: Transfer, record: TransferRecord, store: Store, zoo: Zoos
) -> tuple[list[dict[str, Any]], dict[str, Path]]:
    """Each member with its digest: by repository and commit where it is on the Hub, else with files of its own."""
    known = publications(store)
    entries = {entry.digest: entry for entry in zoo}
    members, files = [], dict[str, Path]()
    for name, ingredient in zip(step.members, step.adapters, strict=False):
        digest = str(record.adapters[name])
        entry = entries.get(digest)
        origin = entry.origin if entry else ""
        there = known.get(digest) or (origin.removeprefix("hub:") if origin.startswith("hub:") else "")
        member = {"name": name, "task": ingredient.task, "digest": digest}
        if "@" in there and there.count("/") == 1:
            members.append({**member, "hub": there})
            continue
        folder = ingredient.made(shelved=zoo.files, trained=lambda key: store.folder(key) / "adapter")
        if ids.files_digest(sorted(folder.iterdir())) != digest:
            raise CorruptArtefact(f"the adapter {name!r} has changed since", where=str(folder), do="Train it again.")
        files |= {f"adapters/{name}/{path.name}": path for path in sorted(folder.iterdir())}
        members.append({**member, "path": f"adapters/{name}"})
    return members, files


def publications(store: Store) -> dict[str, str]:
    """`user/repo@commit` by digest, of the public adapters that were published from this store."""
    path = store.root / PUBLISHED
    return dict(read_json(path)) if path.is_file() else {}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _made(record: AdapterRecord | TransferRecord, tasks: list[str]) -> dict[str, Any]:
    """What the record of an adapter or a composition tells of its making."""
    return {
        "key": record.key,
        "backbone": record.provenance.backbone.plain(),
        "spec": record.spec.plain(),
        "licence": _licence(record, tasks),
        "standins": record.standins,
        "provenance": without_host(record.provenance.plain()),
    }


def _numbers(found: HeldOut) -> dict[str, float]:
    chance = {} if found.chance is None else {"chance": found.chance}
    return {"n": found.n, **chance, **found.metrics}


def _licence(record: AdapterRecord | TransferRecord, tasks: list[str]) -> str:
    """What the data's licences say: those of the generated lab, or of the data set of each task or of its stand-in."""
    if "pocket" in record.spec.data or (not record.spec.data and record.provenance.config.startswith("pocket")):
        return "Apache-2.0"
    return "; ".join(dict.fromkeys(TASKS.get(record.standins.get(task, task)).licence for task in tasks))
