"""Adapters from elsewhere: fetched, held against their backbone, and put into the user's zoo; nothing else gets there."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.bounds import JSON_BYTES
from adaptstilts.data.hub.pins import pinned
from adaptstilts.data.hub.snapshot import Snapshot, snapshot
from adaptstilts.errors import CorruptArtefact, DataMissing, InputError, Refused
from adaptstilts.files import writing
from adaptstilts.listeners import Speaker
from adaptstilts.models.door.config import read_json
from adaptstilts.models.door.folder import open_config
from adaptstilts.models.door.headers import ADAPTER_BYTES, bounded, inside
from adaptstilts.names import HUB, RULE, is_name, slug
from adaptstilts.settings import BackboneSettings
from adaptstilts.tasks import GROUPS, TASKS
from adaptstilts.zoo.claims import (
    CARD,
    DESCRIPTION,
    above_chance_told,
    description,
    licence_told,
    scores_told,
    small,
    task_told,
)
from adaptstilts.zoo.names import folder_named, on_hub
from adaptstilts.zoo.zoo import Entry, Zoos

log = Speaker(__name__)

STAGE = ".arriving-"
WEIGHTS = {"adapter.safetensors": "pytorch_adapter.bin", "model_head.safetensors": "pytorch_model_head.bin"}
CONFIGS = ("adapter_config.json", "head_config.json")
PEFT = "adapter_model.safetensors"
"""The weights of an adapter that PEFT saved."""
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
ALIASES = {
    "xlm-roberta-base": "FacebookAI/xlm-roberta-base",
    "xlm-roberta-large": "FacebookAI/xlm-roberta-large",
    "roberta-base": "FacebookAI/roberta-base",
    "roberta-large": "FacebookAI/roberta-large",
    "bert-base-multilingual-cased": "google-bert/bert-base-multilingual-cased",
}
"""Names without an owner that old adapters call their backbones by."""


@dataclass(frozen=True)
class Terms:
    """How an adapter is taken in: for which backbone (None: the one it names), under which name, pickles or not.

    `otherwise` is the backbone for one that names none, or a folder of another machine.
    """

    backbone: BackboneSettings | None = None
    otherwise: BackboneSettings | None = None
    name: str = ""
    convert: bool = False


def arrive(named: str, zoo: Zoos, terms: Terms) -> Entry:
    """The zoo's entry for `hub:user/repo@revision` or a folder, taken in now unless it is there already.

    Raises Refused, InputError, CorruptArtefact, DataMissing for what may not come in, EnvironmentProblem as the Hub answers.
    """
    with of_others(named):
        return _from_hub(named, zoo, terms) if named.startswith(HUB) else _from_folder(named, zoo, terms)


@contextmanager
def of_others(named: str) -> Iterator[None]:
    """Errors about an arrival's files name where it came from, not where it was looked at; what is damaged is refused."""
    try:
        yield
    except (CorruptArtefact, Refused, InputError, DataMissing) as error:
        kind = Refused if type(error) is CorruptArtefact else type(error)
        cached = re.search(r"models--([^/]+)/snapshots/", error.where)
        source = cached[1].replace("--", "/", 1) if cached else named
        staged = cached or STAGE in error.where
        if kind not in (Refused, InputError, DataMissing) or not (staged or kind is not type(error)):
            raise
        where = f"{Path(error.where).name} of {source}" if staged else error.where
        raise kind(error.what, where=where, do=error.do) from error


def known(zoo: Zoos, origin: str, terms: Terms) -> Entry | None:
    """The entry that came from there before, under the name that is asked for."""
    return next((e for e in zoo.own if e.origin == origin and terms.name in ("", e.name)), None)


def _from_hub(named: str, zoo: Zoos, terms: Terms) -> Entry:
    place = on_hub(named)
    found = snapshot("model", place.id, pinned("model", place.id, place.revision))
    origin = f"{HUB}{place.id}@{found.commit}"
    there = known(zoo, origin, terms)
    if there:
        return there
    found.check_names()
    with staging(zoo) as stage:
        gather(found, stage, terms)
        return take(stage, zoo, origin, slug(place.id), terms)


def _from_folder(named: str, zoo: Zoos, terms: Terms) -> Entry:
    folder = folder_named(named)
    with staging(zoo) as stage:
        for name in (*CONFIGS, *WEIGHTS, PEFT, DESCRIPTION, CARD):
            if (folder / name).is_symlink() or (folder / name).exists():
                bounded(inside(folder / name, folder), ADAPTER_BYTES if name in (*WEIGHTS, PEFT) else JSON_BYTES)
                if not (folder / name).is_file():
                    raise Refused(f"{name} is no plain file", where=named)
                shutil.copyfile(folder / name, stage / name)
        weights = PEFT if (stage / PEFT).is_file() else "adapter.safetensors"
        lacking = [name for name in ("adapter_config.json", weights) if not (stage / name).is_file()]
        if lacking:
            do = "Save it from `adapters` with use_safetensors=True, or a LoRA from PEFT with safe_serialization=True."
            raise DataMissing(f"the folder holds no adapter (no {lacking[0]})", where=named, do=do)
        there = next((e for e in zoo.own if e.digest == digest_of(stage) and terms.name in ("", e.name)), None)
        return there or take(stage, zoo, f"folder {folder.resolve().name}", slug(folder.resolve().name), terms)


@contextmanager
def staging(zoo: Zoos) -> Iterator[Path]:
    """A folder beside the zoo's files in which an arrival is looked at before it is one."""
    with writing(zoo.root):
        zoo.root.mkdir(parents=True, exist_ok=True)
        stage = tempfile.TemporaryDirectory(prefix=STAGE, dir=zoo.root)
    with stage as scratch:
        yield Path(scratch)


def gather(found: Snapshot, stage: Path, terms: Terms) -> None:
    """Copy the files that an adapter consists of, and no others, each within its bounds; pickles are converted if allowed."""
    where = str(found)
    if DESCRIPTION in found.paths:
        shutil.copyfile(found.fetch(DESCRIPTION, JSON_BYTES), stage / DESCRIPTION)
        kind = read_json(stage / DESCRIPTION).get("kind")
        if kind != "adapter":
            do = "`adaptstilts pull` takes a composition into a store; here an adapter is wanted."
            raise InputError(f"the repository holds a {str(kind)[:40]}, not an adapter", where=where, do=do)
    if "adapter_config.json" not in found.paths:
        do = "Name a repository whose top folder was saved by `adapters` or published by adaptstilts."
        raise DataMissing("the repository holds no adapter (no adapter_config.json)", where=where, do=do)
    for name in (*CONFIGS, CARD):
        if name in found.paths:
            shutil.copyfile(found.fetch(name, JSON_BYTES), stage / name)
    for name, pickle in WEIGHTS.items():
        if name in found.paths:
            shutil.copyfile(found.fetch(name, ADAPTER_BYTES), stage / name)
        elif name == "adapter.safetensors" and PEFT in found.paths:
            shutil.copyfile(found.fetch(PEFT, ADAPTER_BYTES), stage / PEFT)
        elif pickle in found.paths and terms.convert:
            from adaptstilts.models.door.pickles import convert

            convert(found.fetch(pickle, ADAPTER_BYTES), stage / name)
            log.info(f"{pickle} converted to {name}; nothing but tensors was in it")
        elif name == "adapter.safetensors":
            if pickle not in found.paths:
                raise DataMissing("the repository has no weights (adapter.safetensors)", where=where)
            do = "Pull it once with --convert-pickle: only tensors are read from it, nothing of it is run."
            raise Refused(f"the repository has only pickled weights ({pickle})", where=where, do=do)


def take(stage: Path, zoo: Zoos, origin: str, name: str, terms: Terms) -> Entry:
    """Vet what lies in `stage` and put it into the zoo."""
    from adaptstilts.models.door.adapter_check import vet_adapter
    from adaptstilts.models.door.peft import convert_peft, is_peft

    told = description(stage, origin)
    licence = licence_told(stage, told)
    config = read_json(stage / "adapter_config.json")
    claimed = told.get("backbone", {}).get("name") or config.get("model_name") or config.get("base_model_name_or_path")
    chosen = terms.backbone or _backbone(claimed, origin, terms.otherwise)
    fits = open_config(chosen.name, chosen.revision)
    if is_peft(config):
        convert_peft(stage, name, fits)
        log.info(f"{origin}: a LoRA of PEFT, kept as `adapters` has it")
    (stage / PEFT).unlink(missing_ok=True)
    vetted = vet_adapter(stage, fits)
    if not (stage / "model_head.safetensors").is_file():
        (stage / "head_config.json").unlink(missing_ok=True)
    digest = digest_of(stage)
    if told and told.get("digest") != digest:
        what = f"the files have the digest {digest}, {DESCRIPTION} says {str(told.get('digest'))[:40]!r}"
        raise CorruptArtefact(what, where=origin, do="They were changed after publishing; ask their owner.")
    entry = Entry(
        name=_free(terms.name, name, origin, digest, zoo),
        digest=digest,
        task=task_told(told, vetted.name),
        backbone=_shown(chosen.name),
        step="",
        origin=origin,
        licence=licence,
        trainable=vetted.trainable,
        scores=scores_told(told),
        above_chance=above_chance_told(told),
        recipe={
            "fits": {"hidden_size": fits.shape.width, "num_hidden_layers": fits.shape.layers, "type": fits.model_type},
            "identity": small(told.get("backbone")),
            "published": small(told.get("spec")),
        },
    )
    for extra in (DESCRIPTION, CARD):
        (stage / extra).unlink(missing_ok=True)
    entry = zoo.own.add(entry, stage)
    log.info(f"{origin} is in the zoo as {entry.name} ({vetted.trainable:,} parameters, task {entry.task})")
    return entry


def digest_of(folder: Path) -> str:
    """The digest of an adapter's own files in a folder, as a zoo has it."""
    return ids.files_digest([folder / name for name in (*CONFIGS, *WEIGHTS) if (folder / name).is_file()])


def _backbone(claimed: Any, origin: str, otherwise: BackboneSettings | None) -> BackboneSettings:
    """The backbone that an adapter names, if the name can be one of the Hub's, else `otherwise`; InputError without either."""
    name = ALIASES.get(claimed, claimed) if isinstance(claimed, str) else ""
    if name == "pocket" or _HUB_ID.fullmatch(name):
        return BackboneSettings(name)
    if otherwise:
        return otherwise
    what = f"the adapter's backbone is {name[:80]!r}, which is no name of the Hub" if name else "it names no backbone"
    raise InputError(what, where=origin, do="Say which it is for: --config NAME, or --set backbone=NAME.")


def _shown(backbone: str) -> str:
    return Path(backbone).name if Path(backbone).expanduser().is_dir() else backbone


def _free(chosen: str, made: str, origin: str, digest: str, zoo: Zoos) -> str:
    """The name `chosen`, or else one made of the origin's; InputError if it is a task's or another adapter's.

    Another commit of a repository gets a name of its own: what is built on the one that is here still needs it.
    """
    name = chosen or made
    if not is_name(name):
        raise InputError(f"{name!r} cannot name an adapter", where="--as", do=f"A name has {RULE}.")
    others = {entry.name: entry for entry in reversed(list(zoo))}
    (place, _, commit) = origin.partition("@")
    before = others.get(name)
    if not chosen and commit and before and before.digest != digest and before.origin.partition("@")[0] == place:
        name = f"{name}-{commit[:8]}"
    other = others.get(name)
    noun = next((registry.noun for registry in (TASKS, GROUPS) if name in registry), "")
    if noun or (other is not None and other.digest != digest):
        whose = f"a {noun}" if noun or other is None else f"another adapter ({other.origin})"
        do = "Choose another name with `adaptstilts pull … --as NAME`."
        raise InputError(f"{name!r} is the name of {whose}", where=origin, do=do)
    return name
