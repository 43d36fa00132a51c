"""A frozen encoder with its weights in 8 or 4 bits, by bitsandbytes."""

from __future__ import annotations

import copy
import importlib
from typing import Any

import torch
from adapters.methods.lora import LoRALinear
from torch import nn

from adaptstilts.errors import EnvironmentProblem
from adaptstilts.models.architectures.build import layers_of
from adaptstilts.models.architectures.built.merged import AddedLinear

QUANTIZED = ("8bit", "4bit")


def check_quantized(mode: str) -> None:
    """Raise EnvironmentProblem if the library for `mode` ("8bit" or "4bit") is missing, or a GPU; "" needs neither."""
    if not mode:
        return
    try:
        importlib.import_module("bitsandbytes")
    except ImportError as error:
        do = "Install it with `pip install 'adaptstilts[quantized]'`, or leave backbone.quantize out."
        what = f"a backbone in {mode} needs bitsandbytes, which is not installed"
        raise EnvironmentProblem(what, where="backbone.quantize", do=do) from error
    if not torch.cuda.is_available():
        do = "Run it where there is a GPU, or leave backbone.quantize out."
        raise EnvironmentProblem(f"a backbone in {mode} needs a GPU", where="backbone.quantize", do=do)


def quantize(model: Any, mode: str, device: torch.device) -> None:
    """Move a flex-head model to a device, its layers' matrices in 8 bits (Dettmers et al. 2022) or 4 (Dettmers et al. 2023).

    Embeddings and norms stay as they are. What was quantized is frozen, and shared by all assemblies.
    """
    library: Any = importlib.import_module("bitsandbytes")
    for parent, name, linear in _linear_maps(layers_of(model.base_model)):
        made = _eight_bits(library, linear) if mode == "8bit" else _four_bits(library, linear)
        made = made.to(device)  # this is where it is quantized
        if mode == "8bit":
            made.init_8bit_state()
            made.state = _shared(made.state)
        for hooks, held in linear.__dict__.items():  # by which `adapters` puts bottlenecks on some encoders
            if hooks.startswith("_forward"):
                setattr(made, hooks, held)
        if isinstance(linear, LoRALinear):
            place = linear.location_key.removesuffix("_lora")  # which `wrap` puts behind it
            adapted = (place, linear.model_config, linear.adapters_config)
            made = LoRALinear.wrap(made, *adapted, attn_key=linear.attn_key)
        if isinstance(linear, AddedLinear):
            linear.held, linear.weight, linear.bias = made, made.weight, None
        else:
            setattr(parent, name, made)
    model.to(device)
    model.requires_grad_(False).eval()


def _linear_maps(layers: nn.Module) -> list[tuple[nn.Module, str, Any]]:
    """Every linear map of the layers, with what it lies in and its name there."""
    every = ((parent, *child) for parent in layers.modules() for child in parent.named_children())
    return [(parent, name, child) for parent, name, child in every if isinstance(child, nn.Linear)]


def _eight_bits(library: Any, linear: nn.Linear) -> Any:
    made = library.nn.Linear8bitLt(linear.in_features, linear.out_features, has_fp16_weights=False)
    made.weight = library.nn.Int8Params(linear.weight.detach(), requires_grad=False, has_fp16_weights=False)
    made.bias = linear.bias
    return made


def _four_bits(library: Any, linear: nn.Linear) -> Any:
    size = (linear.in_features, linear.out_features)
    made = library.nn.Linear4bit(*size, compute_dtype=torch.bfloat16, quant_type="nf4")
    made.weight = library.nn.Params4bit(linear.weight.detach(), requires_grad=False, quant_type="nf4")
    made.bias = linear.bias
    return made


def _shared(state: Any) -> Any:
    """The state of an 8-bit layer, whose copies share its matrix: an assembly copies the module tree, not the weights."""
    kind = type(state)
    state.__class__ = type("Shared", (kind,), {"__deepcopy__": lambda self, memo: copy.copy(self)})
    return state
