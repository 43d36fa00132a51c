"""The parameters of a model under adapters, sorted into the parts that train or stay."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from adapters.loading import AdapterLoader
from torch import nn

from adaptstilts.models.mixing.gates import GATES
from adaptstilts.models.mixing.language_adapters import PREFIX
from adaptstilts.models.mixing.merge import LOGITS

PARTS = ("backbone", "language", "adapters", "fusion", "gate", "merge", "target_adapter", "head")
"""What an assembly's parameters are sorted into."""


def sorted_parameters(model: Any, target: str, encoder: Collection[str]) -> dict[str, dict[str, nn.Parameter]]:
    """A model's parameters by PARTS and name; `target` is the adapter that may train, `encoder` names the backbone's own."""
    opened = AdapterLoader(model).filter_func(target)
    marks = {"heads.": "head", ".adapter_fusion_layer.": "fusion", f".{GATES}.": "gate", f".{LOGITS}": "merge"}
    marks[f"adapters.{PREFIX}"] = "language"
    parts: dict[str, dict[str, nn.Parameter]] = {part: {} for part in PARTS}
    for name, parameter in model.named_parameters():
        if name in encoder:
            part = "backbone"
        elif target and opened(name):
            part = "target_adapter"
        else:
            part = next((part for mark, part in marks.items() if mark in name), "adapters")
        parts[part][name] = parameter
    return parts
