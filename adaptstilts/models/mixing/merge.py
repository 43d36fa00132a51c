"""One adapter made of the weights of several.

A task vector is an adapter's parameters less the values that leave the encoder as it is: zero, or one for (IA)^3. The
papers subtract the values that training started from; those of an adapter from elsewhere are not known, and what a
bottleneck drew at random (a third to a half of the norm of the shipped ones) stays in. All methods work on whole vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from adapters.loading import AdapterLoader
from adapters.methods.bottleneck import BottleneckLayer
from adapters.methods.lora import IA3, LoRALayer
from torch import nn

from adaptstilts.compositions.blocks import MERGED, Merged
from adaptstilts.errors import InputError, NotApplicable, UnknownName
from adaptstilts.models.parts import drawn_from, parameters_of

ARITHMETIC_SCALE = 0.4
"""What the sum of task vectors is scaled by where nothing is held out to choose it (Yadav et al. 2023, section 5.1)."""

TIES_DENSITY = 0.2
"""The share of a task vector that TIES keeps, the largest in size (Yadav et al. 2023, section 5.1)."""

DARE_DENSITY = 0.5
"""The share that DARE keeps, at random. The paper keeps a tenth of whole models; adapters have less to spare."""

LOGITS = "merge_logits"
"""The attribute of an encoder layer that holds the learned weights of its adapters, before the softmax."""


def linear(vectors: torch.Tensor) -> torch.Tensor:
    """The mean of task vectors [k, n] (Chronopoulou et al. 2023; `adapters`' average_adapter)."""
    return vectors.mean(0)


def arithmetic(vectors: torch.Tensor, scale: float = ARITHMETIC_SCALE) -> torch.Tensor:
    """The scaled sum of task vectors [k, n] (Ilharco et al. 2023)."""
    return scale * vectors.sum(0)


def ties(vectors: torch.Tensor, density: float = TIES_DENSITY) -> torch.Tensor:
    """Trim each task vector, elect a sign for each parameter, average what has it (Yadav et al. 2023).

    `vectors` are [k, n]. The sign is that of the sum of what is left; parameters that nothing is left of become zero.
    """
    kept = max(1, int(density * vectors.shape[1]))
    chosen = vectors.abs().topk(kept, dim=1).indices
    trimmed = torch.zeros_like(vectors).scatter(1, chosen, vectors.gather(1, chosen))
    sign = torch.where(trimmed.sum(0) >= 0, 1.0, -1.0)
    agrees = trimmed.sign() == sign
    return (trimmed * agrees).sum(0) / agrees.sum(0).clamp(min=1)


def dare(vectors: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """Drop parameters of task vectors [k, n] where `keep` is False, rescale the rest by its share, average (Yu et al. 2024)."""
    return (vectors * keep / DARE_DENSITY).mean(0)


def _dare(vectors: torch.Tensor, merged: Merged, seed: int) -> torch.Tensor:
    keep = torch.empty(vectors.shape, dtype=torch.bool)
    for row, name in enumerate(merged.parts):
        with drawn_from("merge", name, seed):
            keep[row] = torch.rand(vectors.shape[1]) < DARE_DENSITY
    return dare(vectors, keep.to(vectors.device))


_METHODS: Mapping[str, Callable[[torch.Tensor, Merged, int], torch.Tensor]] = {
    "linear": lambda vectors, merged, seed: linear(vectors),
    "arithmetic": lambda vectors, merged, seed: arithmetic(vectors),
    "ties": lambda vectors, merged, seed: ties(vectors),
    "dare": _dare,
}


def add_merged(model: Any, merged: Merged, seed: int) -> None:
    """Put the adapter MERGED in the place of a block's adapters, which leave the model unless `learn` is still to come.

    Raises UnknownName for a method, InputError for a name that is taken, NotApplicable for adapters of several shapes.
    """
    if merged.method not in (*_METHODS, "learned"):
        raise UnknownName("method of merging", merged.method, (*_METHODS, "learned"), where="--method")
    if MERGED in model.adapters_config.adapters:
        raise InputError(f"two adapters called {MERGED!r} in one composition", where="composition")
    configs = [model.adapters_config.get(name) for name in merged.parts]
    odd = [name for name, config in zip(merged.parts, configs, strict=True) if config != configs[0]]
    if odd:
        what = f"the adapters {merged.parts[0]!r} and {odd[0]!r} have different shapes, so their weights do not merge"
        raise NotApplicable(what, where="composition", do="Use average or fuse, or train them with one shape.")
    with drawn_from("adapter", MERGED, seed):  # initial weights, all overwritten below
        model.add_adapter(MERGED, config=configs[0])
    if merged.method == "learned":
        return
    of = {name: _parameters(model, name) for name in (MERGED, *merged.parts)}
    rest = {name: _neutral(model, name) for name in of[MERGED]}
    vectors = [torch.cat([(of[name][key] - rest[key]).flatten() for key in of[MERGED]]) for name in merged.parts]
    made = _METHODS[merged.method](torch.stack(vectors), merged, seed)
    sizes = [parameter.numel() for parameter in of[MERGED].values()]
    with torch.no_grad():
        for (key, parameter), values in zip(of[MERGED].items(), torch.split(made, sizes), strict=True):
            parameter.copy_(values.view_as(parameter) + rest[key])
    for name in merged.parts:
        model.delete_adapter(name)


def _parameters(model: Any, name: str) -> dict[str, nn.Parameter]:
    """An adapter's parameters, by their names under the name MERGED."""
    renamed = AdapterLoader(model).rename_func(name, MERGED)
    return {renamed(key): parameter for key, parameter in parameters_of(model, name).items()}


def _neutral(model: Any, key: str) -> float:
    """The value of a parameter at which the adapter leaves the encoder as it is."""
    owner = model.get_submodule(key.rpartition(".")[0])
    return 1.0 if isinstance(owner, IA3) else 0.0


def learn(model: Any, merged: Merged) -> None:
    """Let MERGED be computed in each pass from its parts, by weights that every encoder layer with adapters learns.

    The weights of a layer are the softmax of its LOGITS, which start at zero, that is, at the mean (layer-wise
    AdaMerging, Yang et al. 2024, learned here from labels and with weights that sum to one). The adapter has no
    parameters of its own: they are set as plain tensors before each pass, as weight normalization does.
    """
    for _, layer in model.base_model.iter_layers():
        sites = [inner for inner in layer.modules() if isinstance(inner, (BottleneckLayer, LoRALayer))]
        sites = [inner for inner in sites if MERGED in inner.adapter_modules]
        if sites:
            logits = nn.Parameter(torch.zeros(len(merged.parts)))
            layer.register_parameter(LOGITS, logits)
            for site in sites:
                parts = [site.adapter_modules[name] for name in merged.parts]
                _follow(site.adapter_modules[MERGED], parts, logits)


def _follow(shell: nn.Module, parts: list[nn.Module], logits: nn.Parameter) -> None:
    """Set every parameter of `shell` before each pass to the weighted sum of those of `parts`."""
    places = [(shell.get_submodule(name.rpartition(".")[0]), name) for name, _ in shell.named_parameters()]
    for owner, name in places:
        del owner._parameters[name.rpartition(".")[2]]

    def compute(module: nn.Module, args: Any) -> None:
        weights = torch.softmax(logits, 0)
        for owner, name in places:
            stacked = torch.stack([part.get_parameter(name) for part in parts], dim=-1)
            setattr(owner, name.rpartition(".")[2], stacked @ weights)

    shell.register_forward_pre_hook(compute)
