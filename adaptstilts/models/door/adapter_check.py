"""An adapter of a stranger, held against the backbone it is for before any of it is taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from adapters.loading import AdapterLoader
from safetensors import SafetensorError, safe_open

from adaptstilts.errors import CorruptArtefact, InputError, Refused
from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures.build import flex_model
from adaptstilts.models.door.adapter_schema import ADAPTER_FILES, FILES, HEAD_FILES, check_config
from adaptstilts.models.door.config import ModelConfig, read_json, refuse_code
from adaptstilts.models.door.headers import FLOATS, Tensor, inside, read_header
from adaptstilts.models.families import config_of
from adaptstilts.models.parts import parameters_of, with_prefix
from adaptstilts.settings import AdapterSettings

_FROM_OTHERS = "Use an adapter that was trained on this backbone, or name its backbone with --config."
_UNMAKEABLE = (LookupError, ValueError, TypeError, AttributeError, RuntimeError, ArithmeticError, ImportError)
"""What `adapters` raises over a configuration that it cannot make an adapter of."""


@dataclass(frozen=True)
class Vetted:
    """What an adapter's own files say of it: its name there, the backbone it names, its parameters."""

    name: str
    model_name: str
    model_type: str
    architecture: str
    hidden_size: int
    trainable: int
    layers: int


def vet_adapter(folder: Path, backbone: ModelConfig) -> Vetted:
    """The facts of an adapter that fits an encoder of this config: known fields, the very shapes, finite numbers.

    Shapes are compared before any tensor is read. Raises Refused (odd fields, other architecture), InputError (made for
    another backbone), CorruptArtefact (damaged, or not finite), DataMissing.
    """
    for name in FILES:
        if (folder / name).is_symlink() or (folder / name).exists():
            inside(folder / name, folder)
    path = folder / ADAPTER_FILES[0]
    config = read_json(path)
    check_config(config, path)
    width = backbone.shape.width
    if config["model_type"] != backbone.model_type or config["hidden_size"] != width:
        what = (
            f"the adapter is for encoders of type {config['model_type']}, {config['hidden_size']} wide; "
            f"this backbone is {backbone.model_type}, {width} wide"
        )
        raise InputError(what, where=str(path), do=_FROM_OTHERS)
    _check_origin(config, backbone.architecture, path)
    weights = folder / ADAPTER_FILES[1]
    trainable = _compare(read_header(weights), expected(config, backbone, path), weights)
    check_finite(weights)
    _vet_head(folder)
    return Vetted(
        name=str(config.get("name") or ""),
        model_name=str(config.get("model_name") or ""),
        model_type=config["model_type"],
        architecture=config["config"].get("architecture") or "bottleneck",
        hidden_size=width,
        trainable=trainable,
        layers=backbone.shape.layers,
    )


def _check_origin(config: Mapping[str, Any], known: Architecture, path: Path) -> None:
    """Refused for an adapter that was trained on another function than the encoder is here."""
    if known.apart and config.get("model_class") != known.model.rpartition(".")[2]:
        what = (
            f"the adapter was trained on {known.name} as `adapters` runs it, which is another function: {known.apart}"
        )
        raise Refused(what, where=str(path), do="Train it with adaptstilts.")


def vet_made(folder: Path, shape: AdapterSettings, backbone: ModelConfig) -> None:
    """Refused, and all that `vet_adapter` raises, unless a saved adapter has the very size that `shape` says.

    What is made of that shape before the file is read is then no larger than the file.
    """
    vet_adapter(folder, backbone)
    path, weights = (folder / name for name in ADAPTER_FILES)
    config = config_of(shape, backbone.shape.width, backbone.shape.layers)
    wanted = expected({"name": read_json(path)["name"], "config": config.to_dict()}, backbone, path)
    _compare(read_header(weights), wanted, weights)


def vet_outputs(weights: Path, outputs: int) -> None:
    """Refused unless a head's file has a tensor for so many outputs."""
    if not any(tensor.shape[:1] == (outputs,) for tensor in read_header(weights).values()):
        raise Refused(f"the head has no {outputs!r} outputs", where=str(weights))


def expected(config: Mapping[str, Any], backbone: ModelConfig, path: Path) -> dict[str, tuple[int, ...]]:
    """Shape by name (as files spell it) of every tensor that such an adapter has on such an encoder; nothing is allocated."""
    name = config.get("name") or "adapter"
    if set(name) & set(".,/"):
        raise Refused(f"{name[:80]!r} cannot name an adapter: no dots, commas or slashes", where=str(path))
    with torch.device("meta"):
        model = flex_model(backbone)
        try:
            model.add_adapter(name, config=dict(config["config"]))
        except _UNMAKEABLE as error:
            raise Refused(f"no adapter can be made of this ({error})", where=str(path)) from error
    return {key: tuple(p.shape) for key, p in parameters_of(model, name).items()}


def _compare(found: Mapping[str, Tensor], wanted: Mapping[str, tuple[int, ...]], path: Path) -> int:
    """The number of parameters; Refused unless names, shapes and types are exactly those wanted."""
    base = next(iter(wanted)).split(".")[0] if wanted else ""
    own = [key for key in found if ".prefix_tuning.pool." not in key]
    named = {_today(key, base): found[key] for key in own}
    if len(named) < len(own):
        raise Refused("the file has a tensor under two spellings of its name", where=str(path), do=_FROM_OTHERS)
    odd = sorted(set(named) ^ set(wanted))
    if odd:
        side = "lacks" if odd[0] in wanted else "has beside what fits"
        what = f"the file {side} {odd[0][:120]!r} ({len(odd)} tensors do not match the backbone and config)"
        raise Refused(what, where=str(path), do=_FROM_OTHERS)
    for key, tensor in named.items():
        if tensor.shape != wanted[key]:
            what = f"{key} has the shape {tensor.shape}, {wanted[key]} fits the backbone and config"
            raise Refused(what, where=str(path), do=_FROM_OTHERS)
    check_floats(found, path)
    return sum(torch.Size(shape).numel() for shape in wanted.values())


def _today(key: str, base: str) -> str:
    """A tensor's name in the library's present spelling."""
    for old, new in AdapterLoader.legacy_weights_mapping.items():
        key = key.replace(old, new)
    return with_prefix(key, f"{base}.")


def check_floats(found: Mapping[str, Tensor], path: Path) -> None:
    """Refused unless all tensors are of 16- or 32-bit floating-point numbers."""
    for key, tensor in found.items():
        if tensor.dtype not in FLOATS:
            do = "Weights are F32, F16 or BF16."
            raise Refused(f"{key[:120]!r} is of type {tensor.dtype}", where=str(path), do=do)


def check_finite(path: Path) -> None:
    """CorruptArtefact if any number in a safetensors file is NaN or infinite, naming the tensor, or it does not open."""
    try:
        with safe_open(path, framework="pt") as stream:
            for key in stream.keys():  # noqa: SIM118 - safe_open is no mapping
                if not torch.isfinite(stream.get_tensor(key)).all():
                    what = f"{key[:120]!r} holds values that are not finite (NaN or infinity)"
                    do = "Its owner's training diverged; use another adapter."
                    raise CorruptArtefact(what, where=str(path), do=do)
    except SafetensorError as error:  # the library's own reader is stricter in places than `read_header`
        do = "Ask its owner to save it again."
        raise CorruptArtefact(f"the weights do not read ({error})", where=str(path), do=do) from error


def _vet_head(folder: Path) -> None:
    """A head is kept for others to load and is never run here: it must be whole and finite, and name no code."""
    described, weights = (folder / name for name in HEAD_FILES)
    if described.is_file():
        refuse_code(read_json(described), described)
    if weights.is_file():
        check_floats(read_header(weights), weights)
        check_finite(weights)
