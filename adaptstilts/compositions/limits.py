"""Which compositions a family of adapters can be put into, told before anything is loaded."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from adaptstilts.compositions.blocks import Averaged, Fused, Gated, Merged, walk
from adaptstilts.compositions.composition import Composition
from adaptstilts.settings import AdapterSettings

BOTTLENECKS = ("seq_bn", "double_seq_bn", "par_bn")
"""Houlsby et al. 2019 and Pfeiffer et al. 2021 after a sub-layer, He et al. 2022 beside it."""

FAMILIES = (*BOTTLENECKS, "lora", "ia3", "prefix_tuning")
"""The families by the names of `adapters`: bottlenecks, Hu et al. 2022, Liu et al. 2022, Li and Liang 2021."""


_MIXED: Mapping[type, tuple[tuple[str, ...], str]] = {
    Fused: (BOTTLENECKS, "AdapterFusion attends over bottleneck adapters"),
    Gated: (BOTTLENECKS, "the gate mixes outputs of bottleneck adapters"),
    Averaged: (tuple(name for name in FAMILIES if name != "prefix_tuning"), "prefixes have no outputs to average"),
}
"""The families whose outputs a block can mix, and why no others."""


def reason(composition: Composition, shape: AdapterSettings, *, method: str = "", target_adapter: bool = True) -> str:
    """Why adapters of this shape cannot be composed so, in words; empty if they can.

    Fusion, gate and mean need outputs that add up, which `adapters` (its `supported_compositions`) has for
    bottlenecks, and for LoRA and (IA)^3 where only the mean is wanted; merging needs parameters whose zero, or one in
    (IA)^3, leaves the encoder as it is.
    """
    name = shape.architecture
    if name not in FAMILIES:
        return f"there is no adapter architecture {name!r}; known: {', '.join(FAMILIES)}"
    if unfit := composition.unfit(shape):
        return f"{composition.name!r} cannot be made of {name!r}: {unfit}"
    tasks = tuple(f"task-{number}" for number in range(max(2, composition.least)))
    tasks = tasks if composition.most is None else tasks[: max(1, composition.most)]
    for block in walk(composition.block(tasks, target_adapter=target_adapter, method=method)):
        families, why = _MIXED.get(type(block), (FAMILIES, ""))
        if name not in families:
            return f"{composition.name!r} cannot be made of {name!r}: {why}"
        if isinstance(block, Merged) and name == "prefix_tuning" and block.method != "linear":
            what = "one network makes the prefixes of all layers, and no value of it leaves the encoder as it is"
            return f"{composition.name!r} by {block.method!r} cannot be made of 'prefix_tuning': {what}"
    return ""


def widened(shape: AdapterSettings, times: int) -> AdapterSettings:
    """The shape with as many parameters as `times` adapters of it: bottleneck, rank or prefix so many times as wide.

    LoRA's alpha grows with its rank, so that an update is scaled as before. A shape that has no width comes back.
    """
    if shape.architecture in BOTTLENECKS:
        return dataclasses.replace(shape, times=shape.times * times)
    if shape.architecture == "lora":
        return dataclasses.replace(shape, rank=shape.rank * times, alpha=shape.alpha * times)
    if shape.architecture == "prefix_tuning":
        return dataclasses.replace(shape, prefix_length=shape.prefix_length * times)
    return shape
