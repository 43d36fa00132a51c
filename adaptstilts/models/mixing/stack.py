"""Stacks of parallel adapters: what each adds to a sub-layer's output adds up (He et al. 2022).

In a Stack of `adapters` every parallel adapter takes the place of what came before, so that only the last one would count.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

from adapters.composition import Stack
from adapters.methods.bottleneck import BottleneckLayer, BottleneckState
from adapters.methods.modeling import ParallelAdapter
from torch import nn


def install(model: nn.Module) -> None:
    """Let stacks add up on every layer that has parallel adapters. Call it after the last adapter was added."""
    for layer in model.modules():
        if isinstance(layer, BottleneckLayer) and any(isinstance(a, ParallelAdapter) for a in layer.adapters.values()):
            layer.__dict__["compose_stack"] = MethodType(_compose_stack, layer)


def _compose_stack(layer: Any, setup: Stack, state: BottleneckState, lvl: int = 0) -> BottleneckState:
    """Takes the place of `compose_stack` on one layer; below parallel adapters a sequential (language) one may lie."""
    start, update = state.hidden_states, None
    for child in setup:
        names = [child] if isinstance(child, str) else list(child.flatten())
        present = [layer.adapters[name] for name in names if name in layer.adapters]
        if not present:
            continue
        if isinstance(child, str):
            after = layer.compose_single(child, layer.pre_block(child, state), lvl=lvl + 1)
        else:
            after = layer._get_compose_func(type(child))(child, state, lvl=lvl + 1)
        if isinstance(present[0], ParallelAdapter):
            update = after.hidden_states if update is None else update + after.hidden_states
        else:
            update = after.hidden_states - start
        state = state._replace(adapter_residual=after.adapter_residual, last=after.last)
    return state if update is None else state._replace(hidden_states=update)
