"""The adapters of a block laid onto a model tree, with whatever mixes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts.compositions.blocks import MERGED, TARGET, Block, Fused, Gated, Merged, found, names_in
from adaptstilts.models.families import as_setup, check_families, drop_layers, family
from adaptstilts.models.mixing import fusion
from adaptstilts.models.mixing import gates as gating
from adaptstilts.models.mixing import stack as stacking
from adaptstilts.models.mixing.attention import Watch
from adaptstilts.models.mixing.language_adapters import add_languages
from adaptstilts.models.mixing.merge import add_merged, learn
from adaptstilts.models.parts import add_fresh, add_fusion, add_saved, check_names
from adaptstilts.settings import AdapterSettings


@dataclass(frozen=True)
class Arrangement:
    """How the adapters of an assembly lie on its model.

    `setup` is the block in the classes of `adapters`. `digests` names the loaded adapters by content, `languages` the
    language adapters by language; `fresh` were made here and are saved with the assembly. `target` is the one that may
    train, empty for none. `notes` say what runs slower than it might; fusion and gates report to `watch`.
    """

    block: Block | None
    setup: Any
    digests: dict[str, str]
    languages: dict[str, str]
    fresh: tuple[str, ...]
    target: str
    notes: tuple[str, ...]
    watch: Watch


def arrange(
    model: Any,
    block: Block | None,
    adapters: Mapping[str, Path],
    languages: Mapping[str, Path],
    shape: AdapterSettings,
    seed: int,
) -> Arrangement:
    """Load what has a folder, make what has none, and put the block together on `model`.

    Raises InputError, DataMissing, CorruptArtefact, UnknownName, NotApplicable.
    """
    check_names(block)
    names, merges = names_in(block), found(block, Merged)
    digests = {name: add_saved(model, name, Path(adapters[name])) for name in names if name in adapters}
    fresh = [name for name in names if name not in adapters]
    for name in fresh:
        add_fresh(model, name, shape, seed)
    check_families(model, block, names)
    kind = family(model.adapters_config.get(names[0])) if names else "bottleneck"
    for merged in merges:
        add_merged(model, merged, seed)
        if merged.method != "learned":
            fresh = [*(name for name in fresh if name not in merged.parts), MERGED]
    for fused in found(block, Fused):
        add_fusion(model, fused, seed)
    drop_layers(model, (*names, MERGED), shape.drop)
    for merged in merges:
        if merged.method == "learned":
            learn(model, merged)
    for gated in found(block, Gated):
        gating.add_gate(model, gated)
    spoken = add_languages(model, languages)
    setup = as_setup(block, kind) if block is not None else None
    if setup is not None:
        model.set_active_adapters(setup)
    stacking.install(model)
    watch = Watch()
    slow = (*fusion.install(model, watch), *gating.install(model, block, watch))
    notes = tuple(f"the block of {name} runs as in `adapters`, adapter by adapter" for name in slow)
    target = TARGET if TARGET in fresh else block if isinstance(block, str) and block in fresh else ""
    return Arrangement(block, setup, digests, spoken, tuple(fresh), target, notes, watch)
