"""A LoRA that PEFT saved, as the `adapters` library would have saved it: the same update of the same matrices."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import adapters
from safetensors.torch import load_file, save_file

from adaptstilts.errors import Refused
from adaptstilts.files import write_json
from adaptstilts.models.door.adapter_check import check_finite, expected
from adaptstilts.models.door.adapter_schema import ADAPTER_FILES
from adaptstilts.models.door.config import ModelConfig, read_json
from adaptstilts.models.door.headers import read_header

WEIGHTS = "adapter_model.safetensors"
FORMAT = "adapters.1.1.0"
"""The first version of the library that scales LoRA as PEFT does."""

_OURS = re.compile(r".*?(encoder\.layer\.\d+\..*)\.loras\.[^.]+\.lora_([AB])$")
_THEIRS = re.compile(r"base_model\.model\..*?(encoder\.layer\.\d+\..*)\.lora_([AB])\.weight$")
_LAYER = re.compile(r"encoder\.layer\.(\d+)\.(.*)$")
_MATRICES = {"attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v"}
_REST = {"intermediate.dense": "intermediate_lora", "output.dense": "output_lora"}
_TOLD = {
    "peft_type", "base_model_name_or_path", "r", "lora_alpha", "lora_dropout", "target_modules", "task_type", "inference_mode",
    "use_rslora", "init_lora_weights", "modules_to_save", "layers_to_transform", "auto_mapping", "revision", "peft_version",
    "bias", "megatron_core", "qalora_group_size",
}  # fmt: skip
"""Fields that decide nothing by themselves, or are looked at; all others must be as if they were not there."""


def is_peft(config: Mapping[str, Any]) -> bool:
    """Whether an `adapter_config.json` is PEFT's."""
    return "peft_type" in config


def convert_peft(folder: Path, name: str, backbone: ModelConfig) -> None:
    """Put the adapter in the place of what PEFT saved in `folder`, for an encoder of this config.

    Its head, if PEFT saved one (`modules_to_save`), is left out. Raises Refused for other methods than LoRA, for what `adapters` has no
    place for (DoRA, biases, ranks that differ, matrices other than those of attention and of the layer's two dense ones), and
    CorruptArtefact for numbers that are not finite.
    """
    path = folder / ADAPTER_FILES[0]
    told = read_json(path)
    _check(told, path)
    if not (folder / WEIGHTS).is_file():
        do = "Save it with `save_pretrained(…, safe_serialization=True)`, which makes safetensors."
        raise Refused(f"there is no {WEIGHTS}", where=str(path), do=do)
    header = read_header(folder / WEIGHTS)
    sites = {(found[1], found[2]): key for key in header if (found := _THEIRS.match(key))}
    odd = [key for key in header if key not in sites.values() and ".lora_" in key]
    if odd or not sites:
        what = f"{odd[0][:120]!r} is no update of an encoder's matrix" if odd else "it updates no matrix of an encoder"
        raise Refused(what, where=str(folder / WEIGHTS), do=_DO)
    config = _config({site for site, _ in sites}, told, backbone, path)
    described = {
        "config": config, "hidden_size": backbone.shape.width, "model_type": backbone.model_type, "name": name,
        "model_name": str(told.get("base_model_name_or_path") or "")[:200], "version": FORMAT,
        "model_class": backbone.architecture.model.rpartition(".")[2],
    }  # fmt: skip
    wanted = {(found[1], found[2]): key for key in expected(described, backbone, path) if (found := _OURS.match(key))}
    if wanted.keys() != sites.keys():
        site = sorted(wanted.keys() ^ sites.keys())[0]
        raise Refused(f"of {site[0]} only some layers are updated, or parts", where=str(folder / WEIGHTS), do=_DO)
    check_finite(folder / WEIGHTS)
    tensors = load_file(folder / WEIGHTS)
    save_file({wanted[site]: tensors[key].contiguous() for site, key in sites.items()}, folder / ADAPTER_FILES[1])
    write_json(path, described)


_DO = "LoRA of query, key, value, intermediate.dense and output.dense of whole layers can be read; save another as `adapters` does."


def _check(told: Mapping[str, Any], path: Path) -> None:
    wrong = [f"{name}={told[name]!r}"[:80] for name in told if name not in _TOLD and told[name]]
    if told["peft_type"] != "LORA":
        wrong.insert(0, f"peft_type={str(told['peft_type'])[:40]!r}")
    if told.get("bias", "none") != "none":
        wrong.append(f"bias={str(told['bias'])[:40]!r}")
    if told.get("init_lora_weights", True) not in (True, False, "gaussian"):  # others change the encoder's own matrices
        wrong.append(f"init_lora_weights={str(told['init_lora_weights'])[:40]!r}")
    for name in ("r", "lora_alpha"):
        value: Any = told.get(name)
        if type(value) not in (int, float) or value <= 0:
            wrong.append(f"{name}={value!r}"[:80])
    if wrong:
        raise Refused(f"PEFT saved what cannot be read here: {', '.join(wrong)}", where=str(path), do=_DO)


def _config(sites: set[str], told: Mapping[str, Any], backbone: ModelConfig, path: Path) -> dict[str, Any]:
    """The configuration of `adapters`: which matrices, which layers are left out, and a scaling that is PEFT's."""
    placed = [found for site in sorted(sites) if (found := _LAYER.match(site))]
    layers, kinds = {int(found[1]) for found in placed}, {found[2] for found in placed}
    if strange := sorted(kinds - _MATRICES.keys() - _REST.keys()):
        raise Refused(f"it updates {strange[0][:80]!r}", where=str(path), do=_DO)
    rank, alpha = told["r"], told["lora_alpha"]
    config = adapters.LoRAConfig(
        selfattn_lora=bool(kinds & _MATRICES.keys()),
        **{field: site in kinds for site, field in _REST.items()},
        attn_matrices=[letter for site, letter in _MATRICES.items() if site in kinds] or ["q", "v"],
        r=rank,
        alpha=alpha * math.sqrt(rank) if told.get("use_rslora") else alpha,
        dropout=float(told.get("lora_dropout") or 0.0),
        leave_out=[layer for layer in range(backbone.shape.layers) if layer not in layers],
    )
    return dict(config.to_dict())
