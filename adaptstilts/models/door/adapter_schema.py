"""What the configuration of an adapter may say: known fields of known architectures, each of a known type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adaptstilts.errors import Refused
from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.models.door.config import refuse_code

ADAPTER_FILES = ("adapter_config.json", "adapter.safetensors")
"""The two files that decide what a saved adapter computes, as `adapters` calls them."""
HEAD_FILES = ("head_config.json", "model_head.safetensors")
FILES = (*ADAPTER_FILES, *HEAD_FILES)
"""All files that an adapter may consist of; the first two it must have."""

Check = Callable[[Any], bool]


def _flag(value: Any) -> bool:
    return value is None or type(value) is bool


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 100_000


def _number(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1e6


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _among(*values: Any) -> Check:
    return lambda value: any(value is known or (type(value) is str and value == known) for known in values)


def _layers(value: Any) -> bool:
    return value is None or (type(value) is list and len(value) <= 200 and all(_count(layer) for layer in value))


def _reduction(value: Any) -> bool:
    """A factor, or one for each layer by its number."""
    if type(value) is not dict:
        return _number(value) and value > 0
    return len(value) <= 200 and all(type(k) is str and _number(v) and v > 0 for k, v in value.items())


_ACTIVATION = _among("relu", "gelu", "gelu_new", "gelu_orig", "leakyrelu", "swish", "silu", "tanh", "linear", "sigmoid")
_SEED = _maybe(lambda value: type(value) is int and 0 <= value < 1 << 63)

BOTTLENECK: Mapping[str, Check] = {
    **dict.fromkeys(
        (
            "mh_adapter", "output_adapter", "original_ln_before", "original_ln_after", "ln_before", "ln_after",
            "is_parallel", "use_gating", "adapter_residual_before_ln", "cross_adapter", "learn_phm", "factorized_phm_W",
            "shared_W_phm", "shared_phm_rule", "factorized_phm_rule", "phm_bias",
        ),
        _flag,
    ),
    "phm_layer": _among(None, False),  # Compacter's layers share tensors, which are not checked here
    "architecture": _among(None, "bottleneck"),
    "reduction_factor": _reduction,
    "non_linearity": _ACTIVATION,
    "scaling": lambda value: _among("learned", "channel")(value) or _number(value),
    "residual_before_ln": lambda value: _flag(value) or value == "post_add",
    "inv_adapter": _among(None, "nice", "glow"),
    "inv_adapter_reduction_factor": _maybe(_reduction),
    "leave_out": _layers,
    "init_weights": _among("bert", "mam_adapter", "houlsby"),
    "init_weights_seed": _SEED,
    "hypercomplex_nonlinearity": _maybe(_among("glorot-uniform", "glorot-normal", "normal", "uniform")),
    "phm_c_init": _maybe(_among("normal", "uniform")),
    **dict.fromkeys(("dropout", "stochastic_depth", "phm_init_range"), _maybe(_number)),
    **dict.fromkeys(("phm_dim", "phm_rank"), _maybe(_count)),
}  # fmt: skip

LORA: Mapping[str, Check] = {
    **dict.fromkeys(("selfattn_lora", "intermediate_lora", "output_lora", "use_gating"), _flag),
    "architecture": _among("lora"),
    "use_dora": _among(None, False),
    "vera_d": _among(None),
    "vera_b": _among(None),
    "dtype": _among(None, "float32"),
    "leave_out": _layers,
    "r": lambda value: _count(value) and value > 0,
    "alpha": _number,
    "dropout": _number,
    "attn_matrices": lambda value: type(value) is list and set(map(str, value)) <= {"q", "k", "v"},
    "composition_mode": _among("add", "scale"),
    "init_weights": _among("lora", "bert", "ia3"),
    "init_weights_seed": _SEED,
}

PREFIX: Mapping[str, Check] = {
    **dict.fromkeys(("encoder_prefix", "cross_prefix", "flat", "use_gating", "shared_gating"), _flag),
    "architecture": _among("prefix_tuning"),
    "leave_out": _layers,
    "prefix_length": _count,
    "bottleneck_size": _count,
    "non_linearity": _ACTIVATION,
    "dropout": _number,
    "init_weights_seed": _SEED,
}

SCHEMAS: Mapping[str, Mapping[str, Check]] = {"bottleneck": BOTTLENECK, "lora": LORA, "prefix_tuning": PREFIX}

_TEXT: Check = lambda value: value is None or (type(value) is str and len(value) <= 200 and value.isprintable())  # noqa: E731
AROUND: Mapping[str, Check] = {
    "config": lambda value: type(value) is dict,
    "hidden_size": lambda value: _count(value) and value > 0,
    "model_type": lambda value: type(value) is str and value in ARCHITECTURES,
    "inv_adapter": _among(None, "nice", "glow"),
    **dict.fromkeys(("config_id", "model_class", "model_name", "name", "version", "source", "type"), _TEXT),
}
"""Fields that `adapters` and its forerunner `adapter-transformers` write beside the configuration itself."""


def check_config(found: Mapping[str, Any], path: Path) -> None:
    """Refused unless an `adapter_config.json` holds known fields of a known architecture alone, of known types."""
    refuse_code(found, path)
    _check(found, AROUND, path, "")
    for name in ("config", "model_type", "hidden_size"):
        if name not in found:
            raise Refused(f"the field {name!r} is missing", where=str(path))
    config = found["config"]
    architecture = config.get("architecture") or "bottleneck"
    if type(architecture) is not str or architecture not in SCHEMAS:
        do = f"Known ones: {', '.join(SCHEMAS)}."
        raise Refused(f"unknown adapter architecture {str(architecture)[:80]!r}", where=str(path), do=do)
    _check(config, SCHEMAS[architecture], path, "config.")
    old = re.fullmatch(r"adapters\.(0\.|1\.0\.).*", str(found.get("version") or ""))
    if old and architecture == "lora" and config.get("r") != config.get("alpha"):
        do = "Load it with `adapters` 1.1 or newer, which mends it, and save it again."
        what = "saved by `adapters` before 1.1, which scaled LoRA wrongly (pull request 770)"
        raise Refused(what, where=str(path), do=do)


def _check(found: Mapping[str, Any], known: Mapping[str, Check], path: Path, prefix: str) -> None:
    for name, value in found.items():
        if name not in known:
            raise Refused(f"the field {prefix + name[:80]!r} is none that adapters have", where=str(path))
        if not known[name](value):
            what = f"the field {prefix + name!r} has the value {str(value)[:80]!r}, which no adapter here may have"
            raise Refused(what, where=str(path))
