"""Families: what the names of `adapters`' methods mean in its own configurations, and what can be put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import adapters
from adapters import BnConfig, LoRAConfig, PrefixTuningConfig
from adapters.composition import Average, Fuse, Stack
from adapters.methods.adapter_layer_base import AdapterLayerBase
from adapters.methods.bottleneck import BottleneckLayer
from adapters.methods.prefix_tuning import PrefixTuningLayer

from adaptstilts.compositions.blocks import MERGED, Averaged, Block, Fused, Gated, Merged, Stacked, walk
from adaptstilts.compositions.limits import BOTTLENECKS, FAMILIES
from adaptstilts.errors import NotApplicable, UnknownName
from adaptstilts.models.architectures.build import architecture_of
from adaptstilts.settings import AdapterSettings


def config_of(shape: AdapterSettings, width: int, layers: int) -> Any:
    """The configuration of `adapters` for a shape, on an encoder so wide and deep.

    Raises UnknownName for an architecture that does not compose, NotApplicable for a size that does not fit.
    """
    name = shape.architecture
    if name not in FAMILIES:
        raise UnknownName("adapter architecture", name, FAMILIES, where="adapter.architecture")
    if not 0 <= shape.drop < layers:
        what = f"{shape.drop} layers cannot be left out of {layers}"
        raise NotApplicable(what, where="adapter.drop", do="Leave adapters in at least one layer.")
    without: dict[str, Any] = {"leave_out": list(range(shape.drop))} if shape.drop else {}
    if name in BOTTLENECKS:
        if not 0 < shape.reduction <= width:
            what = f"reduction {shape.reduction} does not fit an encoder {width} wide"
            raise NotApplicable(what, where="adapter.reduction", do="Choose a number above 0 and at most the width.")
        bottleneck = int(width // shape.reduction)
        # the library divides and rounds down: a half more keeps it from falling below the width that is meant
        reduction = shape.reduction if shape.times == 1 else width / (shape.times * bottleneck + 0.5)
        return adapters.AdapterConfig.load(name, reduction_factor=reduction, **without)
    sizes: dict[str, dict[str, int]] = {
        "lora": {"r": shape.rank, "alpha": shape.alpha},
        "prefix_tuning": {"prefix_length": shape.prefix_length},
    }
    for field, size in sizes.get(name, {}).items():
        if size < 1:
            raise NotApplicable(f"{field} {size} makes no {name}", where="adapter", do="Choose a number above 0.")
    return adapters.AdapterConfig.load(name, **sizes.get(name, {}), **without)


def family(config: Any) -> str:
    """The family: "bottleneck", "parallel", "lora", "ia3", "prefix_tuning", or what `adapters` calls another one."""
    if isinstance(config, BnConfig):
        return "parallel" if config.is_parallel else "bottleneck"
    if isinstance(config, LoRAConfig):
        return "lora" if config.composition_mode == "add" else "ia3"
    return "prefix_tuning" if isinstance(config, PrefixTuningConfig) else str(config.architecture)


def check_families(model: Any, block: Block | None, names: Sequence[str]) -> None:
    """NotApplicable unless all adapters of a block are of one family, and one that its blocks can be made of."""
    kinds = {name: family(model.adapters_config.get(name)) for name in names}
    for name, kind in kinds.items():
        if kind != kinds[names[0]]:
            what = f"{names[0]!r} is a {kinds[names[0]]} adapter and {name!r} a {kind} one"
            raise NotApplicable(what, where="composition", do="Compose adapters of one family.")
    kind = kinds[names[0]] if names else "bottleneck"
    refuse_unfit(model, kind)
    for inner in walk(block):
        mixes = isinstance(inner, (Fused, Gated)) and kind not in ("bottleneck", "parallel")
        if mixes or (isinstance(inner, Averaged) and kind == "prefix_tuning"):
            what = f"{type(inner).__name__.lower()} adapters cannot be of the family {kind}"
            raise NotApplicable(what, where="composition", do="Use single, stack or merge, or bottleneck adapters.")


def refuse_unfit(model: Any, kind: str) -> None:
    """NotApplicable for a family that the encoder cannot bear."""
    if why := architecture_of(model).unfit.get(kind):
        do = "Choose another adapter.architecture, or another backbone."
        raise NotApplicable(
            f"{kind} adapters cannot be put on {model.config.model_type}: {why}", where="adapter", do=do
        )


def as_setup(block: Block, kind: str = "bottleneck") -> Any:
    """The block in the composition classes of `adapters`.

    Means are spelt with weights of one: `adapters` divides the weighted sum by the number of adapters. LoRA's updates
    of one matrix add up, in a stack too (in a Stack of `adapters` the second would read the first one's output, which
    is then lost), so that any block of them is one weighted mean.
    """
    if kind == "lora":
        shares = _shares(block)
        if len(shares) == 1:
            return Stack(*shares)
        return Average(*shares, weights=[share * len(shares) for share in shares.values()], normalize_weights=False)
    if isinstance(block, str):
        return Stack(block)
    if isinstance(block, Merged):
        return Stack(MERGED)
    if isinstance(block, Fused):
        return Fuse(*block.parts)
    if isinstance(block, (Averaged, Gated)):
        return Average(*block.parts, weights=[1.0] * len(block.parts), normalize_weights=False)
    children: list[Any] = []
    for part in block.parts:
        inner = part if isinstance(part, str) else as_setup(part)
        children += inner.children if isinstance(inner, Stack) else [inner]
    return Stack(*children)


def _shares(block: Block) -> dict[str, float]:
    """How much of each adapter's update is in a block of updates that add up."""
    if isinstance(block, str):
        return {block: 1.0}
    if isinstance(block, Merged):
        return {MERGED: 1.0}
    total: dict[str, float] = {}
    for part in block.parts:
        for name, share in _shares(part).items():
            total[name] = total.get(name, 0.0) + (share if isinstance(block, Stacked) else share / len(block.parts))
    return total


def drop_layers(model: Any, names: Sequence[str], count: int) -> None:
    """Take adapters out of the lowest `count` layers, and fusions out of every layer without any of their adapters."""
    for index, layer in model.base_model.iter_layers():
        for site in layer.modules():
            if not isinstance(site, AdapterLayerBase):
                continue
            for name in names if index < count else ():
                if isinstance(site, PrefixTuningLayer):  # its own delete would take the prefix out of all layers
                    site.prefixes.pop(name, None)
                else:
                    site.delete_adapter(name)
            if isinstance(site, BottleneckLayer):
                for fusion in list(site.adapter_fusion_layer):
                    _, members = site.adapters_config.get_fusion(fusion)
                    if not set(members) & set(site.adapters):
                        site.delete_fusion_layer(fusion)
