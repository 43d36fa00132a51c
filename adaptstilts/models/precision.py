"""The precision that a frozen encoder multiplies in: float32, or bfloat16 where the device is faster at that.

On a CPU the encoder's matrices are then held in bfloat16. Their products are summed up in float32 and leave as bfloat16 to
attention and to the feed-forward part's non-linearity, as float32 to the residual stream; so adapters, fusion, norms, heads and
losses are in float32, the softmax of attention inside; attention and dropout are those of `held`. On a GPU, and where the whole
encoder trains, `torch.autocast` does as much from float32 weights.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from adapters.methods.lora import LoRALinear
from adapters.methods.prefix_tuning import PrefixTuningLayer
from torch import nn
from torch.nn import functional as F

from adaptstilts.models.architectures.build import architecture_of, layers_of
from adaptstilts.models.architectures.built.merged import AddedLinear
from adaptstilts.models.held import CheapDropout, hold_attention

Precision = Literal["float32", "bfloat16"]
Wanted = Literal["auto", "float32", "bfloat16"]

WIDE = 256
"""Encoders at least so wide are multiplied in bfloat16 where nothing else is asked; the pocket lab's is not, and keeps its digits."""

FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""What a processor that multiplies bfloat16 calls that: AVX-512, AMX and Arm."""

_CPUINFO = Path("/proc/cpuinfo")


def precision_for(wanted: Wanted, device: torch.device, hidden_size: int) -> Precision:
    """`wanted`, or for "auto" what suits the device and the encoder's width; the same for all processes of a machine."""
    if wanted != "auto":
        return wanted
    fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else multiplies_bfloat16()
    return "bfloat16" if fast and hidden_size >= WIDE else "float32"


def multiplies_bfloat16(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether this CPU has instructions for products in bfloat16, and torch kernels that use them."""
    if sys.platform == "darwin" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    known: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older ones of torch have no such
    if known:
        return any(known.get(flag) for flag in FLAGS)
    if not cpuinfo.is_file():
        return False
    lines = cpuinfo.read_text().splitlines()
    found = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return bool(FLAGS & set(found.split()))


def halve(model: Any) -> None:
    """Hold the matrices of a flex-head model's layers in bfloat16 from now on; all else stays as it is.

    What was halved is frozen, and shared by all assemblies.
    """
    known = architecture_of(model)
    for name, module in layers_of(model.base_model).named_modules():
        if isinstance(module, PrefixTuningLayer):
            module.register_forward_hook(_as_given)
        elif known.held and name.endswith(".attention.self"):
            hold_attention(module)
        elif isinstance(module, nn.Dropout):
            module.__class__ = CheapDropout
        elif isinstance(module, nn.Linear):
            kinds = (
                k for base, k in ((LoRALinear, _AdaptedHalf), (AddedLinear, _MergedHalf)) if isinstance(module, base)
            )
            module.__class__ = next(kinds, _Half)
            module.inside = name.endswith(known.inside)
            module.to(torch.bfloat16).requires_grad_(False)


def halved(model: Any) -> bool:
    """Whether matrices of the model are held in bfloat16."""
    return any(isinstance(module, _Half) for module in layers_of(model.base_model).modules())


class _Half(nn.Linear):
    """A frozen linear map in bfloat16 of inputs in any precision."""

    inside: bool

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        found = F.linear(given.to(torch.bfloat16), self.weight, self.bias)
        return found if self.inside else found.float()


class _AdaptedHalf(LoRALinear, _Half):  # type: ignore[misc]
    """The same with LoRA or (IA)³ on it, which are in float32 and added up there."""

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        if self.get_active_setup() is None:  # type: ignore[operator]
            return _Half.forward(self, given)
        found: torch.Tensor = super().forward(given.float())
        return found.to(torch.bfloat16) if self.inside else found


class _MergedHalf(AddedLinear, _Half):
    """The same for queries, keys and values in one matrix."""

    def plain(self, given: torch.Tensor) -> torch.Tensor:
        return _Half.forward(self, given)


def _as_given(module: nn.Module, given: tuple[Any, ...], found: tuple[Any, ...]) -> tuple[Any, ...]:
    """Keys and values with a float32 prefix before them, in the precision that they came in."""
    keys, values, *rest = found
    return (keys.to(given[0].dtype), values.to(given[1].dtype), *rest)
