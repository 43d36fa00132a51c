"""Assemblies on disk, in `adapters`' own formats, so that what is saved predicts the same again, here and elsewhere."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from adapters.utils import SAFE_ADAPTERFUSION_WEIGHTS_NAME, SAFE_HEAD_WEIGHTS_NAME, SAFE_WEIGHTS_NAME
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from adaptstilts import ids
from adaptstilts.compositions.blocks import Fused, found, read, spell
from adaptstilts.errors import CorruptArtefact, EnvironmentProblem, InputError
from adaptstilts.kinds.kind import Head
from adaptstilts.models.assembly import Assembly, assemble
from adaptstilts.models.backbone import Backbone
from adaptstilts.models.door.config import read_json
from adaptstilts.models.heads import head_parameters, save_head
from adaptstilts.models.parts import fill, parameters_of, read_tensors, write_adapter
from adaptstilts.settings import AdapterSettings

SCHEMA = 1
_CHANGED = "the file is not the one that was saved"
FILE = "bundle.json"

ENCODER = "encoder/model.safetensors"
"""Where a bundle holds the encoder, if it is the assembly's own (full fine-tuning)."""


MIXING = {"gate": "gate/gate.safetensors", "merge": "merge/merge.safetensors"}
"""Where a bundle holds the parts that `adapters` knows nothing of: gates, and learned weights of a merge."""


def save_adapter(assembly: Assembly, name: str, folder: Path, *, head: bool = False) -> None:
    """Write one adapter, with its head if asked for, as plain `adapters` loads it.

    `model.load_adapter(folder, use_safetensors=True)` reads it there. The folder appears whole or not at all. Raises
    EnvironmentProblem if it cannot be written.
    """

    def write(inside: Path) -> None:
        write_adapter(assembly.model, name, inside)
        if head:
            save_head(assembly.model, assembly.head_name, assembly.head, inside)

    _whole(folder, write)


def save_encoder(assembly: Assembly, folder: Path) -> None:
    """Write the encoder's weights and config as plain `transformers` loads them; the folder appears whole or not at all.

    `folder / "model.safetensors"` is what `assemble(weights=...)` starts from. EnvironmentProblem if it cannot be written.
    """
    _whole(folder, lambda inside: _write_encoder(assembly, inside))


def _write_encoder(assembly: Assembly, inside: Path) -> None:
    inside.mkdir(parents=True, exist_ok=True)
    tensors = {name: parameter.detach().contiguous() for name, parameter in assembly.part("backbone").items()}
    save_file(tensors, inside / Path(ENCODER).name, metadata={"format": "pt"})
    described = assembly.model.config.to_dict()
    described.pop("adapters", None)  # what lies on top is described by the bundle
    (inside / "config.json").write_text(json.dumps(described, indent=1, sort_keys=True), encoding="utf-8")


def save_bundle(assembly: Assembly, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write fusion, fresh adapters, heads and the digests of the loaded adapters; `facts` are kept beside them.

    `fusion-N/`, `adapter-NAME/`, `head/` and `head-NAME/` are what plain `adapters` loads, `encoder/`, where the assembly
    has one of its own, what plain `transformers` loads; `gate/` and `merge/` are tensors by their names in the model;
    `bundle.json` says how all go together.
    """

    def write(inside: Path) -> None:
        for number, fused in enumerate(found(assembly.block, Fused)):
            place = str(inside / f"fusion-{number}")
            assembly.model.save_adapter_fusion(place, list(fused.parts), use_safetensors=True)
        for name in assembly.fresh:
            write_adapter(assembly.model, name, inside / f"adapter-{name}")
        for head_name, head in assembly.heads.items():
            save_head(assembly.model, head_name, head, inside / _head_folder(assembly, head_name))
        for part, file in MIXING.items():
            if tensors := {n: p.detach().contiguous() for n, p in assembly.part(part).items()}:
                (inside / file).parent.mkdir()
                save_file(tensors, inside / file)
        if assembly.weights is not None:
            _write_encoder(assembly, inside / Path(ENCODER).parent)
        weights = {str(p.relative_to(inside)): ids.files_digest([p]) for p in sorted(inside.rglob("*.safetensors"))}
        heads = {name: dataclasses.asdict(head) for name, head in assembly.heads.items()}
        described = {
            "schema": SCHEMA,
            "backbone": assembly.backbone.identity,
            "block": spell(assembly.block),
            "adapters": assembly.digests,
            "languages": assembly.languages,
            "head": heads.pop(assembly.head_name),
            "head_name": assembly.head_name,
            "heads": heads,
            "shape": dataclasses.asdict(assembly.shape),
            "weights": weights,
            "versions": {package: version(package) for package in ("adapters", "transformers", "torch")},
            "facts": dict(facts),
        }
        text = json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True)
        (inside / FILE).write_text(text, encoding="utf-8")

    _whole(folder, write)


def load_bundle(
    backbone: Backbone, folder: Path, adapters: Mapping[str, Path], languages: Mapping[str, Path] | None = None
) -> Assembly:
    """The assembly of a bundle, frozen; on one machine its outputs equal those before saving to the bit.

    `adapters` are the folders of the loaded adapters, `languages` those of the language adapters, which may be more
    than there were. Raises CorruptArtefact if files changed or do not fit, InputError if an adapter is not the one the
    bundle was made with or the backbone is another.
    """
    if not (folder / FILE).is_file():
        raise CorruptArtefact(f"no {FILE} here", where=str(folder), do="Remove the step's folder and run it again.")
    described = read_json(folder / FILE)
    try:
        if described["schema"] != SCHEMA:
            what = f"a bundle of schema {described['schema']}; this version reads {SCHEMA}"
            raise InputError(what, where=str(folder / FILE))
        block, head = read(described["block"]), Head(**described["head"])
        shape, head_name = AdapterSettings(**described["shape"]), described["head_name"]
        digests, weights, made_on = described["adapters"], described["weights"], described["backbone"]
        heads = {name: Head(**facts) for name, facts in described.get("heads", {}).items()}
        spoken = described.get("languages", {})
    except (KeyError, TypeError) as error:
        raise CorruptArtefact(f"not a bundle ({error})", where=str(folder / FILE)) from error
    if made_on != backbone.identity:
        raise InputError("the bundle was made on another backbone", where=str(folder), do=f"It was made on {made_on}.")
    for names, given, what in ((digests, adapters, "adapter"), (spoken, languages or {}, "language adapter")):
        absent = sorted(set(names) - set(given))
        if absent:
            raise InputError(f"the bundle needs the {what} {absent[0]!r}", where=str(folder), do="Name its folder.")
    made = assemble(
        backbone,
        block=block,
        adapters={name: adapters[name] for name in digests},
        trains=(),
        shape=shape,
        head=head,
        head_name=head_name,
        seed=0,
        heads=heads,
        weights=folder / ENCODER if ENCODER in weights else None,
        languages=languages,
    )
    if made.weights and made.weights != weights[ENCODER]:
        raise CorruptArtefact(_CHANGED, where=str(folder / ENCODER), do="Run the transfer again.")
    for wanted, there, folders in ((digests, made.digests, adapters), (spoken, made.languages, languages or {})):
        for name, digest in wanted.items():
            if digest != there[name]:
                what = f"the adapter {name!r} is not the one that the bundle was made with"
                do = "Find the adapter with the digest in bundle.json."
                raise InputError(what, where=str(folders[name]), do=do)
    _fill(made, folder, weights)
    return made


def _fill(assembly: Assembly, folder: Path, weights: Mapping[str, str]) -> None:
    """Read every parameter that is not the backbone's or a loaded adapter's from the bundle's files."""
    for part, wanted in _files(assembly).items():
        path = folder / part
        tensors = read_tensors(path)
        if weights.get(part) != ids.files_digest([path]):
            raise CorruptArtefact(_CHANGED, where=str(path), do="Run the transfer again.")
        fill(wanted, tensors, path)


def _files(assembly: Assembly) -> dict[str, dict[str, nn.Parameter]]:
    """Which parameters each weight file of the bundle holds."""
    fusion = assembly.part("fusion")
    files: dict[str, dict[str, nn.Parameter]] = {}
    for number, fused in enumerate(found(assembly.block, Fused)):
        mark = f".adapter_fusion_layer.{','.join(fused.parts)}."
        files[f"fusion-{number}/{SAFE_ADAPTERFUSION_WEIGHTS_NAME}"] = {n: p for n, p in fusion.items() if mark in n}
    for name in assembly.fresh:
        files[f"adapter-{name}/{SAFE_WEIGHTS_NAME}"] = parameters_of(assembly.model, name)
    for part, file in MIXING.items():
        if assembly.part(part):
            files[file] = assembly.part(part)
    for name, head in assembly.heads.items():
        if head.level != "pooled":
            files[f"{_head_folder(assembly, name)}/{SAFE_HEAD_WEIGHTS_NAME}"] = head_parameters(assembly.model, name)
    return files


def _head_folder(assembly: Assembly, name: str) -> str:
    return "head" if name == assembly.head_name else f"head-{name}"


def _whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Write a folder beside its place and put it there in one step, in place of an older one."""
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        write(beside)
        if folder.exists():
            shutil.rmtree(folder)
        beside.replace(folder)
    except (OSError, SafetensorError) as error:
        do = "Check that there is space and that the folder may be written."
        raise EnvironmentProblem(f"cannot be written ({error})", where=str(folder), do=do) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
