"""A transfer from the Hub: its bundle and adapters checked file by file, then put into a store as a finished run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.bounds import JSON_BYTES
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.compositions.blocks import read
from adaptstilts.config.build import build
from adaptstilts.config.sections import Config
from adaptstilts.data.hub.pins import pinned
from adaptstilts.data.hub.snapshot import Snapshot, snapshot
from adaptstilts.errors import CorruptArtefact, InputError, Refused
from adaptstilts.files import writing
from adaptstilts.hub.package import sha256
from adaptstilts.listeners import Speaker
from adaptstilts.models.door.adapter_schema import FILES
from adaptstilts.models.door.config import read_json, refuse_code
from adaptstilts.models.door.folder import open_config
from adaptstilts.models.door.headers import ADAPTER_BYTES, read_header
from adaptstilts.names import HUB, slug
from adaptstilts.settings import AdapterSettings, BackboneSettings
from adaptstilts.steps.spec import described, rebuilt
from adaptstilts.steps.step import Step, Transfer
from adaptstilts.store.records.record import SCHEMA, Record, record_of
from adaptstilts.store.runs import composed
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS
from adaptstilts.zoo.arrival import Terms, arrive, digest_of, of_others, staging, take
from adaptstilts.zoo.claims import DESCRIPTION, description
from adaptstilts.zoo.names import OnHub, on_hub
from adaptstilts.zoo.zoo import Zoos

log = Speaker(__name__)

_BUNDLE = re.compile(
    r"bundle\.json|(fusion-\d+|adapter-[\w-]+|head(-[\w-]+)?|gate|merge)/"
    r"(adapter_config\.json|adapter_fusion_config\.json|head_config\.json|[a-z_]+\.safetensors)"
)
"""The files that a bundle without an encoder of its own may have."""
MOST_MEMBERS = 100
KEPT = frozenset({"schema", "step", "training", "trained", "provenance"})
"""Fields of a published record that are kept as they are; all others are checked, or made of the step."""
_MEMBER = re.compile(rf"adapters/([\w-]+)/({'|'.join(map(re.escape, FILES))})")


def is_composition(place: OnHub) -> bool:
    """Whether the repository says that it holds a transfer, not an adapter."""
    found = _found(place)
    if DESCRIPTION not in found.paths:
        return False
    with of_others(str(found)):
        return read_json(found.fetch(DESCRIPTION, JSON_BYTES)).get("kind") == "composition"


def pull_composition(place: OnHub, store: Store, zoo: Zoos, terms: Terms) -> Record:
    """The record of the transfer, done in `store` from now on; its adapters are in the zoo.

    Its members are named by their digests, so that its key is that of the same composition of those very adapters. Raises
    Refused, InputError, CorruptArtefact and DataMissing for what may not come in, EnvironmentProblem as the Hub answers.
    """
    found = _found(place)
    found.check_names()
    origin = f"{HUB}{place.id}@{found.commit}"
    with of_others(origin), staging(zoo) as stage:
        told = _fetched(found, stage)
        try:
            fields = _record(told, origin)
            members = [_member(member, found, stage, zoo, terms) for member in told["members"]]
            step = _step({**told["spec"], "adapters": members})
            names = {name: member["digest"] for name, member in zip(step.members, members, strict=False)}
            bundle = _vetted(stage, told, step, terms)
            record = record_of({**fields, **described(step), "upstream": [], "adapters": names, **composed(step)})
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise Refused(f"{DESCRIPTION} does not tell of a transfer ({error!r})", where=origin) from error
        _put(bundle, store, step, record)
    log.info(f"{step.title} [{step.key}] is in the store, as published by {origin}")
    return record


def _found(place: OnHub) -> Snapshot:
    return snapshot("model", place.id, pinned("model", place.id, place.revision))


def _fetched(found: Snapshot, stage: Path) -> dict[str, Any]:
    """Copy the files that the description lists, each of a known name and with the digest that is listed."""
    shutil.copyfile(found.fetch(DESCRIPTION, JSON_BYTES), stage / DESCRIPTION)
    told = description(stage, str(found))
    listed = told.get("files")
    if not isinstance(listed, dict) or "bundle.json" not in listed:
        raise Refused(f"{DESCRIPTION} lists no files", where=str(found))
    for name, digest in listed.items():
        if not (_BUNDLE.fullmatch(name) or _MEMBER.fullmatch(name)) or name not in found.paths:
            raise Refused(f"{name[:120]!r} is no file that a transfer has", where=str(found))
        target = stage / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found.fetch(name, ADAPTER_BYTES if name.endswith(".safetensors") else JSON_BYTES), target)
        if sha256(target) != digest:
            do = "It was changed after publishing; ask its owner."
            raise CorruptArtefact(f"{name} is not the file that was published", where=str(found), do=do)
    return told


def _record(told: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """The published record as one of a store, saying where it comes from; its settings must be a config's."""
    record: dict[str, Any] = dict(told["record"])
    refuse_code(record, Path(DESCRIPTION))
    build(Config, record["provenance"]["settings"], f"the settings in {DESCRIPTION}")
    if record.get("schema") != SCHEMA or record.get("step") != Transfer.kind:
        raise Refused(f"a record of schema {str(record.get('schema'))[:20]}", where=origin)
    parts = {str(name): int(count) for name, count in record["parts"].items()}
    cost = {str(name): float(value) for name, value in record["cost"].items() if value is not None}
    if not {"trainable", "total", *record["trained"]} <= set(parts) or "seconds" not in cost:
        raise ValueError("parts or cost are not told")
    notes = ["".join(c for c in str(note) if c.isprintable())[:400] for note in record.get("notes", ())]
    standins = {task: other for task, other in record.get("standins", {}).items() if {task, other} <= {*TASKS.names()}}
    kept = {name: value for name, value in record.items() if name in KEPT}
    told_anew = {"parts": parts, "cost": cost, "notes": notes, "standins": standins, "origin": origin, "outcome": "ok"}
    return {**kept, **told_anew}


def _member(member: Mapping[str, Any], found: Snapshot, stage: Path, zoo: Zoos, terms: Terms) -> dict[str, str]:
    """The adapter of a member in the zoo, from its own repository at its commit, or from beside the bundle."""
    digest, name = str(member["digest"]), str(member["name"])
    there = next((entry for entry in zoo if entry.digest == digest), None)
    if there is None and "hub" in member:
        place = on_hub(str(member["hub"]))
        there = arrive(str(place), zoo, Terms(terms.backbone))
    elif there is None:
        where = f"{HUB}{found.id}@{found.commit}/{member['path']}"
        folder = stage / "adapters" / name
        if not folder.is_dir() or member["path"] != f"adapters/{name}":
            raise Refused(f"the adapter {name[:60]!r} is not there", where=str(found))
        _check_digest(name, digest_of(folder), digest, found)
        there = take(folder, zoo, where, slug(f"{found.id.split('/')[1]}-{name}"), Terms(terms.backbone))
    _check_digest(name, there.digest, digest, found)
    return {"task": there.task, "digest": digest}


def _check_digest(name: str, here: str, wanted: str, found: Snapshot) -> None:
    if here != wanted:
        what = f"the adapter {name[:60]!r} has the digest {here}, the transfer was made with {wanted[:40]!r}"
        raise CorruptArtefact(what, where=str(found), do="Ask its owner for the adapter that belongs to it.")


def _step(told: Mapping[str, Any]) -> Transfer:
    """The transfer that a published spec tells of, whatever its key."""

    def nothing(key: str) -> Step:
        raise InputError(f"the transfer builds on step {key}, which is not here")

    step = rebuilt(told, nothing, None)
    if step.kind != "transfer":
        raise Refused("this is no transfer", where=DESCRIPTION)
    TASKS.get(step.target), COMPOSITIONS.get(step.composition)
    odd = [name for name in step.members if not isinstance(name, str) or name != slug(name)]
    if odd or len(step.members) > MOST_MEMBERS:
        raise Refused(f"{str(odd[0])[:60]!r} cannot name an adapter" if odd else "too many members", where=DESCRIPTION)
    return step


def _vetted(stage: Path, told: Mapping[str, Any], step: Transfer, terms: Terms) -> Path:
    """The bundle with only its own files left.

    Headers add up, numbers are finite, no field names code, digests are as it says, and its adapters and head are as large
    as the transfer says, so that nothing larger than the files is ever made of them.
    """
    from adaptstilts.models.door.adapter_check import check_finite, check_floats, vet_made, vet_outputs

    shutil.rmtree(stage / "adapters", ignore_errors=True)
    (stage / DESCRIPTION).unlink()
    described = read_json(stage / "bundle.json")
    for path in sorted(stage.rglob("*.json")):
        refuse_code(read_json(path), path)
    if read(described["block"]) != COMPOSITIONS.get(step.composition).block(
        step.members, target_adapter=step.target_adapter, method=step.method
    ):
        raise Refused("the bundle's block is not the one that such a composition has", where="bundle.json")
    for path in sorted(stage.rglob("*.safetensors")):
        check_floats(read_header(path), path)
        check_finite(path)
        if described["weights"].get(path.relative_to(stage).as_posix()) != ids.files_digest([path]):
            raise CorruptArtefact(f"{path.name} is not what the bundle was saved with", where="bundle.json")
    backbone = {key: value for key, value in told["backbone"].items() if key != "name"}
    if described["backbone"] != backbone:
        raise Refused("the bundle was made on another backbone than the description says", where="bundle.json")
    shape = AdapterSettings(**described["shape"])
    if shape != step.shape or described["heads"] or described["languages"]:
        raise Refused("the bundle is of another shape than the description says", where="bundle.json")
    chosen = terms.backbone or BackboneSettings(str(told["backbone"]["name"]))
    encoder = open_config(chosen.name, chosen.revision)
    for folder in sorted(stage.glob("adapter-*")):
        vet_made(folder, shape, encoder)
    if (stage / "head").is_dir():
        vet_outputs(stage / "head" / "model_head.safetensors", described["head"]["outputs"])
    return stage


def _put(bundle: Path, store: Store, step: Transfer, record: Record) -> None:
    with store.claim(step.key) as folder:
        if store.done(step.key) and not store.bare(step.key):
            return
        with writing(folder):
            shutil.rmtree(folder / "bundle", ignore_errors=True)
            shutil.copytree(bundle, folder / "bundle")
        store.finish(step.key, record)
