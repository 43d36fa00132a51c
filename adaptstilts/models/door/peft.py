"""A LoRA that PEFT saved, as the `adapters` library would have saved it: the same update of the same matrices."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import adapters
import torch
from safetensors.torch import load_file, save_file

from adaptstilts.errors import Refused
from adaptstilts.files import write_json
from adaptstilts.models.architectures import Architecture
from adaptstilts.models.door.adapter_check import check_finite, expected
from adaptstilts.models.door.adapter_schema import ADAPTER_FILES
from adaptstilts.models.door.config import ModelConfig, read_json
from adaptstilts.models.door.headers import read_header

WEIGHTS = "adapter_model.safetensors"
FORMAT = "adapters.1.1.0"
"""The first version of the library that scales LoRA as PEFT does."""

FUSED = "qkv"
"""What queries, keys and values in one matrix are called."""

Site = tuple[int, str, str]
"""A layer's number, a matrix there, and which of its two tensors: A or B."""
_OURS = r"(?:.*?\.)?{layers}\.(\d{{1,4}})\.(.*)\.loras\.[^.]+\.lora_([AB])$"
_THEIRS = r"base_model\.model\.(?:.*?\.)?{layers}\.(\d{{1,4}})\.(.*)\.lora_([AB])\.weight$"
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
    path, weights, known = folder / ADAPTER_FILES[0], folder / WEIGHTS, backbone.architecture
    told = read_json(path)
    _check(told, known, path)
    if not weights.is_file():
        do = "Save it with `save_pretrained(…, safe_serialization=True)`, which makes safetensors."
        raise Refused(f"there is no {WEIGHTS}", where=str(path), do=do)
    header = read_header(weights)
    theirs = _sites(header, known, _THEIRS)
    odd = [key for key in header if key not in theirs.values() and ".lora_" in key]
    if odd or not theirs:
        what = f"{odd[0][:120]!r} is no update of an encoder's matrix" if odd else "it updates no matrix of an encoder"
        raise Refused(what, where=str(weights), do=_do(known))
    described = {
        "config": _config(theirs, told, backbone, path), "hidden_size": backbone.shape.width, "model_type": backbone.model_type,
        "name": name, "model_name": str(told.get("base_model_name_or_path") or "")[:200], "version": FORMAT,
        "model_class": known.model.rpartition(".")[2],
    }  # fmt: skip
    ours = _sites(expected(described, backbone, path), known, _OURS)
    if ours.keys() != theirs.keys():
        layer, place, _ = sorted(ours.keys() ^ theirs.keys())[0]
        what = f"of {known.layers}.{layer}.{place} only some layers are updated, or parts"
        raise Refused(what, where=str(weights), do=_do(known))
    check_finite(weights)
    tensors = load_file(weights)
    save_file(
        {ours[site]: _placed(tensors[key], site, known) for site, key in theirs.items()}, folder / ADAPTER_FILES[1]
    )
    write_json(path, described)


def _sites(names: Iterable[str], known: Architecture, pattern: str) -> dict[Site, str]:
    """The names of tensors by what each updates."""
    spelt = re.compile(pattern.format(layers=re.escape(known.layers)))
    return {(int(found[1]), found[2], found[3]): name for name in names if (found := spelt.match(name))}


def _placed(tensor: torch.Tensor, site: Site, known: Architecture) -> torch.Tensor:
    """The tensor as `adapters` has it: where queries, keys and values are one matrix each has an A of its own there, PEFT's all one."""
    _, place, side = site
    return (tensor.repeat(3, 1) if side == "A" and known.lora[place] == FUSED else tensor).contiguous()


def _do(known: Architecture) -> str:
    return f"LoRA of {', '.join(known.lora)} of whole layers can be read; save another as `adapters` does."


def _check(told: Mapping[str, Any], known: Architecture, path: Path) -> None:
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
        raise Refused(f"PEFT saved what cannot be read here: {', '.join(wrong)}", where=str(path), do=_do(known))


def _config(sites: Iterable[Site], told: Mapping[str, Any], backbone: ModelConfig, path: Path) -> dict[str, Any]:
    """The configuration of `adapters`: which matrices, which layers are left out, and a scaling that is PEFT's."""
    known = backbone.architecture
    layers, places = {layer for layer, _, _ in sites}, {place for _, place, _ in sites}
    if strange := sorted(places - known.lora.keys()):
        what = f"it updates {strange[0][:80]!r}, for which `adapters` has no LoRA on {known.name}"
        raise Refused(what, where=str(path), do=_do(known))
    kinds = {known.lora[place] for place in places}
    rest = ("intermediate", "output")
    letters = [letter for letter in FUSED if any(letter in kind for kind in kinds.difference(rest))]
    rank, alpha = told["r"], told["lora_alpha"]
    config = adapters.LoRAConfig(
        selfattn_lora=bool(letters),
        **{f"{kind}_lora": kind in kinds for kind in rest},
        attn_matrices=letters or ["q", "v"],
        r=rank,
        alpha=alpha * math.sqrt(rank) if told.get("use_rslora") else alpha,
        dropout=float(told.get("lora_dropout") or 0.0),
        leave_out=[layer for layer in range(backbone.shape.layers) if layer not in layers],
    )
    return dict(config.to_dict())
