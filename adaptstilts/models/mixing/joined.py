"""Bottleneck adapters of one layer side by side, so that k of them cost little more than one.

With down-projections D_i, non-linearity f, up-projections U_i, biases b_i and scalings s_i, the outputs of all adapters are
s_i (U_i f(D_i x) + b_i). Mixed with weights w_i they need one product with all D_i and one with all U_i; the outputs
themselves, k vectors of width H for each token, are never made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from adapters.methods.modeling import Adapter
from torch import nn
from torch.nn import functional as F


def linear_up(children: Iterable[Adapter]) -> bool:
    """Whether every adapter ends in a plain linear map: no hypercomplex projection, no stochastic depth."""
    return all(isinstance(child.adapter_up, nn.Linear) and not hasattr(child, "DropPath") for child in children)


class Joined:
    """The adapters of one layer that take part in one block; owns no parameters, only what is folded from them."""

    def __init__(self, children: list[Adapter], others: Iterable[nn.Parameter] = ()) -> None:
        self.children = children
        self.widths = [child.down_sample for child in children]
        self.even = len(set(self.widths)) == 1
        # one matrix product serves all down-projections if each is a plain Linear before the same non-linearity
        kinds = {type(child.adapter_down[-1].f) for child in children}
        plain = all(len(c.adapter_down) == 2 and isinstance(c.adapter_down[0], nn.Linear) for c in children)
        self.joint = len(kinds) == 1 and plain
        self._parameters = [p for child in children for p in child.parameters()] + list(others)
        self._kept: tuple[Any, tuple[Any, ...]] | None = None

    def bottlenecks(self, hidden: torch.Tensor, down: torch.Tensor | None, bias: torch.Tensor | None) -> torch.Tensor:
        """[..., H] to [..., sum of widths], by the folded down-projection or, without one, adapter by adapter."""
        if down is None:
            return torch.cat([child.adapter_down(hidden) for child in self.children], dim=-1)
        found: torch.Tensor = self.children[0].adapter_down[-1](F.linear(hidden, down, bias))
        return found

    def sums(self, values: torch.Tensor) -> torch.Tensor:
        """[..., sum of widths] to [..., k]."""
        if self.even:
            return values.view(*values.shape[:-1], len(self.widths), self.widths[0]).sum(-1)
        return torch.stack([part.sum(-1) for part in torch.split(values, self.widths, dim=-1)], dim=-1)

    def spread(self, weights: torch.Tensor) -> torch.Tensor:
        """[..., k] to [..., sum of widths]."""
        if self.even:
            return weights.repeat_interleave(self.widths[0], dim=-1, output_size=sum(self.widths))
        repeats = torch.tensor(self.widths, device=weights.device)
        return weights.repeat_interleave(repeats, dim=-1, output_size=sum(self.widths))

    def mixed(self, weights: torch.Tensor, bottlenecks: torch.Tensor, give: torch.Tensor) -> torch.Tensor:
        """The weighted sum of all outputs; `give` is [H, sum of widths + k], biases last."""
        return F.linear(torch.cat([self.spread(weights) * bottlenecks, weights], dim=-1), give)

    def matrices(self) -> tuple[Any, ...]:
        """What `fold` gives; kept while nothing is learnt, until any parameter changes or moves."""
        if torch.is_grad_enabled():
            self._kept = None
            return self.fold()
        cast = torch.is_autocast_enabled(self._parameters[0].device.type)
        state = (cast, *((p.data_ptr(), p._version, p.dtype) for p in self._parameters))
        if self._kept is None or self._kept[0] != state:
            self._kept = (state, self.fold())
        return self._kept[1]

    def fold(self) -> tuple[Any, ...]:
        """Down-projections and their bias (None, None if they do not fold), up-projections with biases."""
        return (*self.down(), self.up())

    def down(self) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """[sum of widths, H] and [sum of widths]."""
        if not self.joint:
            return None, None
        first = [child.adapter_down[0] for child in self.children]
        return torch.cat([layer.weight for layer in first]), torch.cat([layer.bias for layer in first])

    def up(self) -> torch.Tensor:
        """[H, sum of widths + k], scaled, the biases last."""
        weights = [child.adapter_up.weight * _column(child.scaling) for child in self.children]
        biases = [child.adapter_up.bias * child.scaling for child in self.children]
        return torch.cat([*weights, torch.stack(biases, dim=1)], dim=1)


def _column(scaling: Any) -> Any:
    """A scaling as something that multiplies the rows of an up-projection: a number, or one value per output."""
    return scaling[:, None] if isinstance(scaling, torch.Tensor) else scaling
