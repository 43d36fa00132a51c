"""Means and gates: outputs of parallel adapters mixed evenly, or by weights that depend on the token.

The gate of a layer is w = softmax(G x + g) over the state x that its adapters read (Jacobs et al. 1991, with the adapters as
frozen experts, as X-LoRA does with LoRA's; Buehler and Buehler 2024). It starts at zero, that is, as the mean.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from adapters.composition import Average
from adapters.methods.bottleneck import BottleneckLayer, BottleneckState
from adapters.methods.modeling import Adapter, ParallelAdapter
from torch import nn

from adaptstilts.compositions.blocks import Averaged, Block, Gated, found
from adaptstilts.models.mixing.attention import Watch
from adaptstilts.models.mixing.joined import Joined, linear_up

GATES = "adapter_gates"
"""The attribute of a bottleneck layer that holds its gates, by their adapters' names with commas between."""


def add_gate(model: Any, gated: Gated) -> None:
    """A gate in every layer that has some of the block's adapters, at zero."""
    for layer in model.modules():
        if isinstance(layer, BottleneckLayer) and (names := _present(layer, gated.parts)):
            gate = nn.Linear(model.config.hidden_size, len(names))
            nn.init.zeros_(gate.weight)
            nn.init.zeros_(gate.bias)
            if not hasattr(layer, GATES):
                setattr(layer, GATES, nn.ModuleDict())
            getattr(layer, GATES)[",".join(gated.parts)] = gate


def install(model: nn.Module, block: Block | None, watch: Watch) -> list[str]:
    """Let means and gates over bottleneck adapters run joined; return the names of those that run adapter by adapter.

    Those have adapters with dropout, gates or norms of their own, or sequential ones beside parallel ones.
    """
    mixtures: tuple[Averaged | Gated, ...] = (*found(block, Averaged), *found(block, Gated))
    left: set[str] = set()
    for layer in model.modules():
        if not mixtures or not isinstance(layer, BottleneckLayer):
            continue
        joined = {}
        for mixture in mixtures:
            children = [layer.adapters[name] for name in _present(layer, mixture.parts)]
            if children and linear_up(children) and _plain(children):
                joined[mixture.parts] = Joined(children)
            elif children:
                left.add(",".join(mixture.parts))
        layer.__dict__["joined_mixtures"], layer.__dict__["watch"] = joined, watch
        layer.__dict__["compose_average"] = MethodType(_compose_average, layer)
    return sorted(left)


def _present(layer: BottleneckLayer, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name in layer.adapters)


def _plain(children: list[Adapter]) -> bool:
    """Whether each output is its up-projection, with the same residual added to all or to none."""
    alike = len({isinstance(child, ParallelAdapter) for child in children}) == 1
    return alike and not any(child.use_gating or child.add_layer_norm_after or child.dropout.p for child in children)


def _compose_average(layer: Any, setup: Average, state: BottleneckState, lvl: int = 0) -> BottleneckState:
    """Takes the place of `compose_average` on one layer; the setup's own weights are `adapters`' way to say "mean"."""
    parts = tuple(setup)
    names = _present(layer, parts)
    if not names:
        return state
    state = layer.pre_block(names[0], state)
    hidden = state.hidden_states
    gates = getattr(layer, GATES, {})
    if (key := ",".join(parts)) in gates:
        weights = torch.softmax(gates[key](hidden), dim=-1)
        layer.watch.saw(names, layer.layer_idx, weights)
    else:
        weights = hidden.new_full((*hidden.shape[:-1], len(names)), 1 / len(names))
    joined = layer.joined_mixtures.get(parts)
    if joined is None:
        outputs = [layer.compose_single(name, state, lvl=lvl + 1).hidden_states for name in names]
        mixed = sum(weights[..., i, None] * output for i, output in enumerate(outputs))
    else:
        down, bias, up = joined.matrices()
        mixed = joined.mixed(weights, joined.bottlenecks(hidden, down, bias), up)
        if not isinstance(joined.children[0], ParallelAdapter):
            mixed = mixed + state.adapter_residual
    return state._replace(hidden_states=mixed, last=names[-1])
