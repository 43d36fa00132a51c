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

from adaptstilts.models.mixing.attention import Watch
from adaptstilts.models.mixing.joined import Joined, linear_up


def install(model: nn.Module, watch: Watch | None = None) -> list[str]:
    """Let every fusion of a model run re-associated; return the names of those that stay with `adapters`' code.

    Call it after the last adapter and fusion were added. What cannot be expressed: stochastic depth, hypercomplex
    projections, and blocks inside a fusion. The attention of either is told to `watch`.
    """
    watch = watch or Watch()
    left: set[str] = set()
    for layer in model.modules():
        if not isinstance(layer, BottleneckLayer):
            continue
        folded = {}
        for name, fusion in layer.adapter_fusion_layer.items():
            _, members = layer.adapters_config.get_fusion(name)
            present = [child for child in members if child in layer.adapters]
            children = [layer.adapters[child] for child in present]
            if not children:
                continue
            if linear_up(children):
                folded[name] = _Folded(fusion, children, tuple(present))
            else:
                left.add(name)
                _report(fusion, tuple(present), layer, watch)
        layer.__dict__["folded_fusions"], layer.__dict__["watch"] = folded, watch
        layer.__dict__["compose_fuse"] = MethodType(_compose_fuse, layer)
    return sorted(left)


def _compose_fuse(layer: Any, setup: Fuse, state: BottleneckState, lvl: int = 0) -> BottleneckState:
    """Takes the place of `BottleneckLayer.compose_fuse` on one layer."""
    folded = layer.folded_fusions.get(setup.name)
    if folded is None or not all(isinstance(child, str) for child in setup):
        if not setup.flatten() & set(layer.adapters):  # a layer that only a language adapter is in
            return state
        done: BottleneckState = BottleneckLayer.compose_fuse(layer, setup, state, lvl)
        return done._replace(hidden_states=layer.watch.gave(done.hidden_states, layer.layer_idx))
    last = folded.names[-1]  # as in `adapters`, the last one's configuration decides
    hidden, query, residual = layer.adapters[last].pre_forward(
        state.hidden_states, state.input_tensor, state.layer_norm, fusion_config=folded.fusion.config
    )
    output, attention = folded(hidden, query, residual)
    layer.watch.saw(folded.names, layer.layer_idx, attention)
    context = ForwardContext.get_context()
    if context is not None and context.output_adapter_fusion_attentions:
        layer._store_fusion_attentions(setup.name, attention.detach().cpu().numpy())
    output = layer.watch.gave(output, layer.layer_idx)
    return state._replace(hidden_states=output, adapter_residual=residual, last=last)


def _report(fusion: BertFusion, names: tuple[str, ...], layer: Any, watch: Watch) -> None:
    """Let a fusion that runs as `adapters` runs it tell its attention to `watch` while somebody looks."""

    def ask(module: Any, args: Any, asked: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return args, {**asked, "output_attentions": True} if watch.weights is not None else asked

    def tell(module: Any, args: Any, asked: dict[str, Any], output: Any) -> Any:
        if watch.weights is None:
            return output
        context, attention = output
        watch.saw(names, layer.layer_idx, torch.as_tensor(attention, device=context.device))
        wanted = ForwardContext.get_context()
        return output if wanted is not None and wanted.output_adapter_fusion_attentions else context

    fusion.register_forward_pre_hook(ask, with_kwargs=True)
    fusion.register_forward_hook(tell, with_kwargs=True)


class _Folded(Joined):
    """One fusion of one layer with those of its adapters that the layer has."""

    def __init__(self, fusion: BertFusion, children: list[Adapter], names: tuple[str, ...]) -> None:
        super().__init__(children, fusion.parameters())
        self.fusion, self.names = fusion, names

    def __call__(
        self, hidden: torch.Tensor, query: torch.Tensor, residual: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """All three [batch, length, H]; returns the fused output, alike, and the attention [batch, length, k]."""
        down, down_bias, ask, ask_bias, give = self.matrices()
        bottlenecks = self.bottlenecks(hidden, down, down_bias)
        asked = F.linear(query, ask, ask_bias)
        width = bottlenecks.shape[-1]
        scores = self.sums(asked[..., :width] * bottlenecks) + asked[..., width:]
        if self.fusion.config["residual_before"]:
            scores, residual = self._residual_inside(scores, query, residual)
        attention = torch.softmax(self.fusion.dropout(scores) / self._temperature(), dim=-1)
        return self.mixed(attention, bottlenecks, give) + residual, attention

    def _residual_inside(
        self, scores: torch.Tensor, query: torch.Tensor, residual: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The residual joins every adapter's output, and so every key: all scores move alike, the output by V r."""
        config, fusion = self.fusion.config, self.fusion
        asked = fusion.query(query) if config["query"] else query
        keyed = F.linear(residual, fusion.key.weight) if config["key"] else residual
        valued = fusion.value(residual) if config["value"] else residual
        return scores + (asked * keyed).sum(-1, keepdim=True), valued

    def _temperature(self) -> float:
        """`adapters` lets it fall by a thousandth with every pass, training or not."""
        now = float(self.fusion.T)
        self.fusion.T = max(self.fusion.T - self.fusion.reduction, 1.0)
        return now

    def fold(self) -> tuple[torch.Tensor | None, ...]:
        """Down-projections and bias (or None), matrix and bias from query to scores, matrix to the output."""
        config, fusion = self.fusion.config, self.fusion
        raised = self.up()
        keys = raised
        if config["key"]:
            keys = fusion.key.weight @ raised
            width = sum(self.widths)
            keys = torch.cat([keys[:, :width], keys[:, width:] + fusion.key.bias[:, None]], dim=1)
        ask = keys.T @ fusion.query.weight if config["query"] else keys.T
        ask_bias = keys.T @ fusion.query.bias if config["query"] else None
        give = fusion.value.weight @ raised if config["value"] else raised
        return (*self.down(), ask, ask_bias, give)
