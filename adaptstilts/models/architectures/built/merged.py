"""Queries, keys and values as one matrix, with adapters on it.

`adapters` lets one adapter act on such a matrix; here LoRA's updates add up and (IA)³'s factors multiply as they do on matrices
of their own elsewhere.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import torch
from adapters.composition import AdapterCompositionBlock, Average
from adapters.methods.lora import LoRAMergedLinear
from torch.nn import functional as F


class AddedLinear(LoRAMergedLinear):  # type: ignore[misc]
    """A matrix of queries, keys and values with any number of LoRA's updates or (IA)³'s factors on it.

    A module `held` multiplies in its place, if it is quantized.
    """

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        found, setup = self.plain(given), self.get_active_setup()
        change = None if setup is None else self._change(setup, given)
        if change is None:
            return found
        return found * change if self._scales(setup) else found + change

    def plain(self, given: torch.Tensor) -> torch.Tensor:
        """The frozen map alone."""
        held: Any = self._modules.get("held")
        found: torch.Tensor = F.linear(given, self.weight, self.bias) if held is None else held(given)
        return found

    def _change(self, setup: Any, given: torch.Tensor) -> torch.Tensor | None:
        """What a composition adds or multiplies by: of one after another the sum or product, of a mean the weighted mean."""
        if not isinstance(setup, AdapterCompositionBlock):
            return self._adapter(self.loras[setup], given) if setup in self.loras else None
        weights = setup.weights if isinstance(setup, Average) else [1.0] * len(setup)
        changes = [(w, self._change(child, given)) for child, w in zip(setup, weights, strict=True)]
        present = [(w, change) for w, change in changes if change is not None]
        if not present:
            return None
        if isinstance(setup, Average):
            return torch.stack([w * change for w, change in present]).mean(0)
        return functools.reduce(
            operator.mul if self._scales(setup) else operator.add, [change for _, change in present]
        )

    def _adapter(self, lora: Any, given: torch.Tensor) -> torch.Tensor:
        """One adapter's update or factors [n, length, 3 H], as `LoRAMergedLinear.forward` makes them."""
        if lora.composition_mode == "scale":
            update = lora.lora_B.view(1, 1, -1)
        else:
            low = F.linear(lora.lora_dropout(given), lora.lora_A).transpose(-2, -1)
            update = F.conv1d(low, lora.lora_B.unsqueeze(-1), groups=sum(lora.enable_lora)).transpose(-2, -1)
        scaled: torch.Tensor = self.pad(update, lora) * (self._gate(lora, given) if lora.use_gating else lora.scaling)
        return scaled

    def _gate(self, lora: Any, given: torch.Tensor) -> Any:
        """[n, 1, 3 H], what a gate of the adapter's own lets through of an input."""
        opened = torch.sigmoid(lora.gate(given)).mean(1).repeat_interleave(self.out_features // 3, dim=-1)
        return self.pad(opened, lora, fill_value=1).unsqueeze(1)

    def _scales(self, setup: Any) -> bool:
        """Whether a composition's adapters, which are of one family, multiply."""
        names = setup.flatten() if isinstance(setup, AdapterCompositionBlock) else {setup}
        return any(self.loras[name].composition_mode == "scale" for name in names if name in self.loras)
