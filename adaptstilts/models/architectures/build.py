"""Flex-head models of an architecture, and where their parts lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import transformers
from torch import nn

from adaptstilts.models.architectures import ARCHITECTURES, Architecture

if TYPE_CHECKING:
    from adaptstilts.models.door.config import ModelConfig


def flex_model(config: ModelConfig, *, layers: int | None = None, name: str = "") -> Any:
    """A model of a config's known fields in its architecture's flex-head class, with as many `layers` where that is given."""
    known = config.architecture
    fields = {**config.fields, **({known.layer_count: layers} if layers is not None else {})}
    described = getattr(transformers, known.config)(**fields)
    described._attn_implementation = known.attention
    described._name_or_path = name
    place, _, kind = known.model.rpartition(".")
    return getattr(import_module(place), kind)(described)


def architecture_of(model: Any) -> Architecture:
    """The architecture of a model, or of an encoder."""
    return ARCHITECTURES.get(model.config.model_type)


def layers_of(encoder: Any) -> nn.ModuleList:
    """The layers of an encoder, from the lowest up."""
    found: nn.ModuleList = encoder.get_submodule(architecture_of(encoder).layers)
    return found


def has_segments(model: Any) -> bool:
    """Whether second segments are told apart by their token type."""
    return architecture_of(model).segments and getattr(model.config, "type_vocab_size", 0) > 1


def has(encoder: nn.Module, path: str) -> bool:
    """Whether an encoder has a module there; some have it by their config alone."""
    place, _, name = path.rpartition(".")
    return hasattr(encoder.get_submodule(place), name)


@contextmanager
def replaced(encoder: nn.Module, path: str, module: nn.Module) -> Iterator[None]:
    """Another module in the place of one, while it is entered."""
    place, _, name = path.rpartition(".")
    owner = encoder.get_submodule(place)
    before = getattr(owner, name)
    setattr(owner, name, module)
    try:
        yield
    finally:
        setattr(owner, name, before)
