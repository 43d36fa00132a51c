"""Blocks: how adapters lie in the encoder, as plain values that can be walked and spelt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Part = Literal["backbone", "fusion", "gate", "merge", "target_adapter", "head"]
"""What may be trained."""

TARGET = "target"
"""The name of the fresh adapter that transfer trains above the others."""

MERGED = "merged"
"""The name of the adapter that a merge makes of its parts."""


@dataclass(frozen=True)
class Stacked:
    """Adapters applied one after another, the first one nearest to the backbone."""

    parts: tuple[Block, ...]


@dataclass(frozen=True)
class Parallel:
    """Adapters applied side by side, their outputs made one."""

    parts: tuple[str, ...]


class Fused(Parallel):
    """Outputs are mixed by AdapterFusion (Pfeiffer et al. 2021)."""


class Averaged(Parallel):
    """The mean of the outputs is taken."""


class Gated(Parallel):
    """Outputs are mixed by a softmax over a linear map of each token's state."""


@dataclass(frozen=True)
class Merged:
    """One adapter made of the weights of several, by a method of `models.mixing.merge`."""

    parts: tuple[str, ...]
    method: str = "linear"


Block = str | Stacked | Fused | Averaged | Gated | Merged
T = TypeVar("T", Stacked, Fused, Averaged, Gated, Merged)

_SPELT: dict[str, type[Fused | Averaged | Gated]] = {"fuse": Fused, "average": Averaged, "gate": Gated}


def walk(block: Block | None) -> Iterator[Block]:
    """The block and every block in it, in order."""
    if block is None:
        return
    yield block
    if not isinstance(block, str):
        for part in block.parts:
            yield from walk(part)


def found(block: Block | None, kind: type[T]) -> tuple[T, ...]:
    """The blocks of one kind, in order."""
    return tuple(inner for inner in walk(block) if isinstance(inner, kind))


def names_in(block: Block | None) -> tuple[str, ...]:
    """The adapters of a block, in order."""
    return tuple(inner for inner in walk(block) if isinstance(inner, str))


def opened_by(block: Block | None) -> tuple[Part, ...]:
    """The parts of a block that mean nothing until they are trained: fusion, gate, learned merge weights."""
    learned = any(inner.method == "learned" for inner in found(block, Merged))
    opened: dict[Part, bool] = {
        "fusion": bool(found(block, Fused)),
        "gate": bool(found(block, Gated)),
        "merge": learned,
    }
    return tuple(part for part, there in opened.items() if there)


def spell(block: Block | None) -> Any:
    """The block as JSON."""
    if block is None or isinstance(block, str):
        return block
    if isinstance(block, Stacked):
        return {"stack": [spell(part) for part in block.parts]}
    if isinstance(block, Merged):
        return {"merge": list(block.parts), "method": block.method}
    return {next(name for name, kind in _SPELT.items() if kind is type(block)): list(block.parts)}


def read(spelt: Any) -> Block | None:
    """The block that `spell` wrote; KeyError or TypeError for anything else."""
    if spelt is None or isinstance(spelt, str):
        return spelt
    if "merge" in spelt:
        return Merged(tuple(spelt["merge"]), spelt["method"])
    for name, kind in _SPELT.items():
        if name in spelt:
            return kind(tuple(spelt[name]))
    parts = [read(part) for part in spelt["stack"]]
    return Stacked(tuple(part for part in parts if part is not None))
