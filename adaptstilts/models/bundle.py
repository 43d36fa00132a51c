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
from torch import nn

from adaptstilts import ids
from adaptstilts.compositions.composition import Block, Fused, Stacked
from adaptstilts.errors import CorruptArtefact, EnvironmentProblem, InputError
from adaptstilts.kinds.kind import Head
from adaptstilts.models.adapting import fill, fusions_in, read_tensors
from adaptstilts.models.assembly import Assembly, assemble
from adaptstilts.models.backbone import Backbone
from adaptstilts.models.config import read_json
from adaptstilts.settings import AdapterSettings

SCHEMA = 1
FILE = "bundle.json"


def save_adapter(assembly: Assembly, name: str, folder: Path, *, head: bool = False) -> None:
    """Write one adapter, with its head if asked for, as plain `adapters` loads it.

    `model.load_adapter(folder, use_safetensors=True)` reads it there. The folder appears whole or not at all. Raises
    EnvironmentProblem if it cannot be written.
    """

    def write(inside: Path) -> None:
        assembly.model.save_adapter(str(inside), name, with_head=False, use_safetensors=True)
        if head and assembly.head.level != "pooled":
            assembly.model.save_head(str(inside), assembly.head_name, use_safetensors=True)

    _whole(folder, write)


def save_bundle(assembly: Assembly, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write fusion, fresh adapters, head and the digests of the loaded adapters; `facts` are kept beside them.

    `fusion-N/`, `adapter-NAME/` and `head/` are what plain `adapters` loads; `bundle.json` says how they go together.
    """

    def write(inside: Path) -> None:
        for number, fused in enumerate(fusions_in(assembly.block)):
            assembly.model.save_adapter_fusion(
                str(inside / f"fusion-{number}"), list(fused.parts), use_safetensors=True
            )
        for name in assembly.fresh:
            assembly.model.save_adapter(str(inside / f"adapter-{name}"), name, with_head=False, use_safetensors=True)
        if assembly.head.level != "pooled":
            assembly.model.save_head(str(inside / "head"), assembly.head_name, use_safetensors=True)
        weights = {str(p.relative_to(inside)): ids.files_digest([p]) for p in sorted(inside.rglob("*.safetensors"))}
        described = {
            "schema": SCHEMA,
            "backbone": assembly.backbone.identity,
            "block": _spell(assembly.block),
            "adapters": assembly.digests,
            "head": dataclasses.asdict(assembly.head),
            "head_name": assembly.head_name,
            "shape": dataclasses.asdict(assembly.shape),
            "weights": weights,
            "versions": {package: version(package) for package in ("adapters", "transformers", "torch")},
            "facts": dict(facts),
        }
        (inside / FILE).write_text(
            json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True), encoding="utf-8"
        )

    _whole(folder, write)


def load_bundle(backbone: Backbone, folder: Path, adapters: Mapping[str, Path]) -> Assembly:
    """The assembly of a bundle, frozen; on one machine its outputs equal those before saving to the bit.

    `adapters` are the folders of the loaded adapters. Raises CorruptArtefact if files changed or do not fit,
    InputError if an adapter is not the one the bundle was made with or the backbone is another.
    """
    if not (folder / FILE).is_file():
        raise CorruptArtefact(f"no {FILE} here", where=str(folder), do="Remove the step's folder and run it again.")
    described = read_json(folder / FILE)
    try:
        if described["schema"] != SCHEMA:
            raise InputError(
                f"a bundle of schema {described['schema']}; this version reads {SCHEMA}", where=str(folder / FILE)
            )
        block, head = _read_block(described["block"]), Head(**described["head"])
        shape, head_name = AdapterSettings(**described["shape"]), described["head_name"]
        digests, weights, named = described["adapters"], described["weights"], described["backbone"]
    except (KeyError, TypeError) as error:
        raise CorruptArtefact(f"not a bundle ({error})", where=str(folder / FILE)) from error
    if named != backbone.identity:
        raise InputError("the bundle was made on another backbone", where=str(folder), do=f"It was made on {named}.")
    absent = sorted(set(digests) - set(adapters))
    if absent:
        raise InputError(f"the bundle needs the adapter {absent[0]!r}", where=str(folder), do="Name its folder.")
    used = {name: adapters[name] for name in digests}
    made = assemble(
        backbone, block=block, adapters=used, trains=(), shape=shape, head=head, head_name=head_name, seed=0
    )
    for name, digest in made.digests.items():
        if digest != digests[name]:
            what = f"the adapter {name!r} is not the one that the bundle was made with"
            raise InputError(what, where=str(adapters[name]), do="Find the adapter with the digest in bundle.json.")
    _fill(made, folder, weights)
    return made


def _fill(assembly: Assembly, folder: Path, weights: Mapping[str, str]) -> None:
    """Read every parameter that is not the backbone's or a loaded adapter's from the bundle's files."""
    for part, wanted in _files(assembly).items():
        path = folder / part
        tensors = read_tensors(path)
        if weights.get(part) != ids.files_digest([path]):
            raise CorruptArtefact(
                "the file is not the one that was saved", where=str(path), do="Run the transfer again."
            )
        fill(wanted, tensors, path)


def _files(assembly: Assembly) -> dict[str, dict[str, nn.Parameter]]:
    """Which parameters each weight file of the bundle holds."""
    fusion, head = assembly.part("fusion"), assembly.part("head")
    fresh = {**assembly.part("adapters"), **assembly.part("target_adapter")}
    found: dict[str, dict[str, nn.Parameter]] = {}
    for number, fused in enumerate(fusions_in(assembly.block)):
        mark = f".adapter_fusion_layer.{','.join(fused.parts)}."
        found[f"fusion-{number}/{SAFE_ADAPTERFUSION_WEIGHTS_NAME}"] = {n: p for n, p in fusion.items() if mark in n}
    for name in assembly.fresh:
        mark = f".adapters.{name}."
        found[f"adapter-{name}/{SAFE_WEIGHTS_NAME}"] = {n: p for n, p in fresh.items() if mark in n}
    if head:
        found[f"head/{SAFE_HEAD_WEIGHTS_NAME}"] = dict(head)
    return found


def _spell(block: Block | None) -> Any:
    if block is None or isinstance(block, str):
        return block
    if isinstance(block, Fused):
        return {"fuse": list(block.parts)}
    return {"stack": [_spell(part) for part in block.parts]}


def _read_block(found: Any) -> Block | None:
    if found is None or isinstance(found, str):
        return found
    if "fuse" in found:
        return Fused(tuple(found["fuse"]))
    parts = [_read_block(part) for part in found["stack"]]
    return Stacked(tuple(part for part in parts if part is not None))


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
