"""AdapterFusion re-associated: the same function of the same parameters as `adapters`' own, for less work.

`adapters` up-projects every adapter's bottleneck, stacks the results to [batch, length, k, H] and multiplies the
stack by K and V (Pfeiffer et al. 2021, section 3.2). With bottlenecks d_i, up-projections U_i and biases b_i only

score_i = q . K(U_i d_i + b_i) = (K U_i)^T q . d_i + K b_i . q output = sum_i a_i (V U_i d_i + V b_i)

are needed: K U, q's projection and V U fold into matrices of [k*r + k, H] once a step (once in all at inference), and
a token costs O(k*r*H) instead of O(k*H^2). Parameters, their names and their files stay those of `adapters`.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from adapters.composition import Fuse
from adapters.context import ForwardContext
from adapters.methods.bottleneck import BottleneckLayer, BottleneckState
from adapters.methods.modeling import Adapter, BertFusion
from torch import nn
from torch.nn import functional as F


def install(model: nn.Module) -> list[str]:
    """Let every fusion of a model run re-associated; return the names of those that stay with `adapters`' code.

    Call it after the last adapter and fusion were added. What cannot be expressed: residuals added before the
    attention, stochastic depth, hypercomplex projections, and blocks inside a fusion.
    """
    left: set[str] = set()
    for layer in model.modules():
        if not isinstance(layer, BottleneckLayer):
            continue
        folded = {}
        for name, fusion in layer.adapter_fusion_layer.items():
            _, members = layer.adapters_config.get_fusion(name)
            children = [layer.adapters[child] for child in members if child in layer.adapters]
            if children and _expressible(fusion, children):
                folded[name] = _Folded(fusion, children)
            else:
                left.add(name)
        layer.__dict__["folded_fusions"] = folded
        layer.__dict__["compose_fuse"] = MethodType(_compose_fuse, layer)
    return sorted(left)


def _expressible(fusion: BertFusion, children: list[Adapter]) -> bool:
    plain = all(isinstance(child.adapter_up, nn.Linear) and not hasattr(child, "DropPath") for child in children)
    learnt = fusion.config["query"] or fusion.config["key"] or fusion.config["value"]
    return plain and bool(learnt) and not fusion.config["residual_before"]


def _compose_fuse(layer: Any, setup: Fuse, state: BottleneckState, lvl: int = 0) -> BottleneckState:
    """Takes the place of `BottleneckLayer.compose_fuse` on one layer."""
    folded = layer.folded_fusions.get(setup.name)
    if folded is None or not all(isinstance(child, str) for child in setup):
        done: BottleneckState = BottleneckLayer.compose_fuse(layer, setup, state, lvl)
        return done
    last = setup.last()
    hidden, query, residual = layer.adapters[last].pre_forward(
        state.hidden_states, state.input_tensor, state.layer_norm, fusion_config=folded.fusion.config
    )
    output, attention = folded(hidden, query, residual)
    context = ForwardContext.get_context()
    if context is not None and context.output_adapter_fusion_attentions:
        layer._store_fusion_attentions(setup.name, attention.detach().cpu().numpy())
    return state._replace(hidden_states=output, adapter_residual=residual, last=last)


class _Folded:
    """One fusion of one layer with its adapters; owns no parameters, only what is folded from them."""

    def __init__(self, fusion: BertFusion, children: list[Adapter]) -> None:
        self.fusion, self.children = fusion, children
        self.widths = [child.down_sample for child in children]
        self.even = len(set(self.widths)) == 1
        # one matrix product serves all down-projections if each is a plain Linear before the same non-linearity
        kinds = {type(child.adapter_down[-1].f) for child in children}
        self.joint = len(kinds) == 1 and all(len(child.adapter_down) == 2 for child in children)
        self._parameters = [p for module in (fusion, *children) for p in module.parameters()]
        self._kept: tuple[Any, tuple[torch.Tensor | None, ...]] | None = None

    def __call__(
        self, hidden: torch.Tensor, query: torch.Tensor, residual: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """All three [batch, length, H]; returns the fused output, alike, and the attention [batch, length, k]."""
        down, down_bias, ask, ask_bias, give = self._matrices()
        if down is not None:
            bottlenecks = self.children[0].adapter_down[-1](F.linear(hidden, down, down_bias))
        else:
            bottlenecks = torch.cat([child.adapter_down(hidden) for child in self.children], dim=-1)
        asked = F.linear(query, ask, ask_bias)
        width = bottlenecks.shape[-1]
        scores = self._sums(asked[..., :width] * bottlenecks) + asked[..., width:]
        attention = torch.softmax(self.fusion.dropout(scores) / self._temperature(), dim=-1)
        weighted = torch.cat([self._spread(attention) * bottlenecks, attention], dim=-1)
        return F.linear(weighted, give) + residual, attention

    def _temperature(self) -> float:
        """`adapters` lets it fall by a thousandth with every pass, training or not."""
        now = float(self.fusion.T)
        self.fusion.T = max(self.fusion.T - self.fusion.reduction, 1.0)
        return now

    def _sums(self, values: torch.Tensor) -> torch.Tensor:
        """[..., sum of widths] to [..., k]."""
        if self.even:
            return values.view(*values.shape[:-1], len(self.widths), self.widths[0]).sum(-1)
        return torch.stack([part.sum(-1) for part in torch.split(values, self.widths, dim=-1)], dim=-1)

    def _spread(self, attention: torch.Tensor) -> torch.Tensor:
        """[..., k] to [..., sum of widths]."""
        if self.even:
            return attention.repeat_interleave(self.widths[0], dim=-1, output_size=sum(self.widths))
        repeats = torch.tensor(self.widths, device=attention.device)
        return attention.repeat_interleave(repeats, dim=-1, output_size=sum(self.widths))

    def _matrices(self) -> tuple[Any, ...]:
        """Folded matrices; kept while nothing is learnt, until any parameter changes or moves."""
        if torch.is_grad_enabled():
            self._kept = None
            return self._fold()
        cast = torch.is_autocast_enabled(self._parameters[0].device.type)
        state = (cast, *((p.data_ptr(), p._version, p.dtype) for p in self._parameters))
        if self._kept is None or self._kept[0] != state:
            self._kept = (state, self._fold())
        return self._kept[1]

    def _fold(self) -> tuple[torch.Tensor | None, ...]:
        """Down-projections and bias (or None), matrix and bias from query to scores, matrix to the output."""
        config, fusion = self.fusion.config, self.fusion
        up = [child.adapter_up.weight * _column(child.scaling) for child in self.children]
        shifts = [child.adapter_up.bias * child.scaling for child in self.children]
        raised = torch.cat([*up, torch.stack(shifts, dim=1)], dim=1)  # [H, sum of widths + k]
        keys = raised
        if config["key"]:
            keys = fusion.key.weight @ raised
            width = sum(self.widths)
            keys = torch.cat([keys[:, :width], keys[:, width:] + fusion.key.bias[:, None]], dim=1)
        ask = keys.T @ fusion.query.weight if config["query"] else keys.T
        ask_bias = keys.T @ fusion.query.bias if config["query"] else None
        give = fusion.value.weight @ raised if config["value"] else raised
        if not self.joint:
            return None, None, ask, ask_bias, give
        first = [child.adapter_down[0] for child in self.children]
        return torch.cat([d.weight for d in first]), torch.cat([d.bias for d in first]), ask, ask_bias, give


def _column(scaling: Any) -> Any:
    """A scaling as something that multiplies the rows of an up-projection: a number, or one value per output."""
    return scaling[:, None] if isinstance(scaling, torch.Tensor) else scaling
