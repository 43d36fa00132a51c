"""The format E5S1: a BERT encoder and its SentencePiece vocabulary in one file, matrices in blocks of 4-bit numbers.

Little-endian: `E5S1`, the version, seven sizes, the norm's epsilon, the block's length; the vocabulary (five counts and ids, the
bytes of all pieces, offsets, scores, the pieces); a table that is not read; then the tensors' names and places.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from adaptstilts.errors import Refused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC, VERSION = b"E5S1", 1
PLAIN, PACKED = 0, 1
"""Kinds of tensors: float32, and blocks of 32 numbers of 4 bits behind their scale in float16."""
BLOCK, BLOCK_BYTES = 32, 18
MOST_LAYERS = 200
ALIGNED = 64
"""Tensors begin at multiples of so many bytes, or right behind the one before."""


@dataclass(frozen=True)
class Sizes:
    """The encoder's numbers, in the order of the file."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape by name of every tensor of such an encoder; matrices are [out, in]."""
        wide, inner = self.width, self.inner
        found: dict[str, tuple[int, ...]] = {
            "emb.word": (self.vocabulary, wide), "emb.pos": (self.positions, wide), "emb.type": (self.types, wide),
            "emb.ln.w": (wide,), "emb.ln.b": (wide,),
        }  # fmt: skip
        for layer in range(self.layers):
            for name, rows, columns in (
                ("q", wide, wide), ("k", wide, wide), ("v", wide, wide), ("ao", wide, wide), ("fi", inner, wide), ("fo", wide, inner),
            ):  # fmt: skip
                found |= {f"l{layer}.{name}.w": (rows, columns), f"l{layer}.{name}.b": (rows,)}
            for name in ("aln", "oln"):
                found |= {f"l{layer}.{name}.w": (wide,), f"l{layer}.{name}.b": (wide,)}
        return found


@dataclass(frozen=True)
class Stored:
    """Where a tensor lies in the file, in bytes."""

    kind: int
    elements: int
    start: int
    size: int

    @property
    def fitting(self) -> int:
        """The bytes that so many elements of this kind take."""
        return 4 * self.elements if self.kind == PLAIN else -(-self.elements // BLOCK) * BLOCK_BYTES


@dataclass(frozen=True)
class PackedEncoder:
    """What a file holds: sizes, the norm's epsilon, pieces with their scores by id, and tensors that are read one at a time."""

    data: bytes
    sizes: Sizes
    epsilon: float
    pieces: tuple[tuple[str, float], ...]
    tensors: Mapping[str, Stored]

    def tensor(self, name: str) -> NDArray[np.float32]:
        """One tensor in float32, in its shape."""
        import numpy as np

        stored = self.tensors[name]
        raw = np.frombuffer(self.data, np.uint8, stored.size, stored.start)
        if stored.kind == PLAIN:
            values: NDArray[Any] = raw.view("<f4").astype(np.float32)
        else:
            values = _unpacked(raw.reshape(-1, BLOCK_BYTES))
        return values.reshape(-1)[: stored.elements].reshape(self.sizes.shapes[name])


def _unpacked(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """[blocks, 32] numbers: byte j holds number j in its low half and number j + 16 in its high one, each 8 too high."""
    import numpy as np

    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = blocks[:, 2:]
    levels = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.int8) - 8
    return levels.astype(np.float32) * scale


def read(data: bytes, where: str) -> PackedEncoder:
    """The encoder in a file's bytes; Refused unless every size and place in it adds up. No tensor is read yet.

    A tensor takes at most 7.2 times its bytes in the file when it is.
    """
    take = _Reader(data, where)
    if data[:4] != MAGIC:
        raise Refused(f"no encoder in the format E5S1 (it begins with {data[:4]!r})", where=where)
    take.at = 4
    (version,) = take.struct("<I")
    take.check(version == VERSION, f"version {version} of the format; {VERSION} is known")
    sizes = Sizes(*take.struct("<7i"))
    epsilon, block = take.struct("<fi")
    bounded = all(0 < size < 1 << 24 for size in astuple(sizes)) and sizes.layers <= MOST_LAYERS
    take.check(bounded, f"impossible sizes {sizes}")
    take.check(sizes.width % sizes.heads == 0, f"{sizes.heads} heads do not share {sizes.width} numbers")
    take.check(0 < epsilon < 1 and block == BLOCK, f"epsilon {epsilon} or block {block} out of bounds")
    pieces = _pieces(take, sizes.vocabulary)
    _, table = take.struct("<iI")
    take.bytes(table)
    return PackedEncoder(data, sizes, float(epsilon), pieces, _tensors(take, sizes))


class _Reader:
    """Bytes from the front; Refused at the end of the file and for what does not hold."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data, self.where, self.at = data, where, 0

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            raise Refused(what, where=self.where)

    def bytes(self, count: int) -> bytes:
        self.check(count <= len(self.data) - self.at, f"cut short: {count:,} bytes wanted at {self.at:,}")
        self.at += count
        return self.data[self.at - count : self.at]

    def struct(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(layout, self.bytes(struct.calcsize(layout)))


def _pieces(take: _Reader, vocabulary: int) -> tuple[tuple[str, float], ...]:
    """Pieces and scores by id, XLM-R's special tokens where XLM-R has them."""
    count, *specials = take.struct("<5i")
    (size,) = take.struct("<Q")
    take.check(0 < count <= vocabulary, f"{count:,} pieces for {vocabulary:,} rows of embeddings")
    take.check(specials == [0, 2, 1, 3], f"special tokens at {specials}, not where XLM-R has them")
    offsets, scores = take.struct(f"<{count + 1}I"), take.struct(f"<{count}f")
    blob = take.bytes(size)
    places = list(pairwise(offsets))
    ordered = all(start <= end for start, end in places)
    take.check(ordered and offsets[0] == 0 and offsets[-1] == size, "the pieces' offsets do not add up")
    try:
        return tuple((blob[start:end].decode(), score) for (start, end), score in zip(places, scores, strict=True))
    except UnicodeDecodeError as error:
        raise Refused("a piece of the vocabulary is not UTF-8", where=take.where) from error


def _tensors(take: _Reader, sizes: Sizes) -> dict[str, Stored]:
    """Names and places of the tensors: exactly those of such an encoder, side by side, up to the end of the file."""
    found: dict[str, Stored] = {}
    (count,) = take.struct("<i")
    wanted = sizes.shapes
    take.check(count == len(wanted), f"{count} tensors, where such an encoder has {len(wanted)}")
    for _ in range(count):
        (length,) = take.struct("<H")
        name = take.bytes(length).decode("ascii", "replace")
        stored = Stored(*take.struct("<BIQQ"))
        take.check(name in wanted and name not in found, f"no place for a tensor {name[:40]!r}")
        elements = prod(wanted[name])
        take.check(stored.elements == elements, f"{name} has {stored.elements:,} numbers, not {elements:,}")
        take.check(
            stored.kind in (PLAIN, PACKED) and stored.size == stored.fitting,
            f"{name} has a kind or size that cannot be",
        )
        found[name] = stored
    at = take.at
    for name, stored in sorted(found.items(), key=lambda item: item[1].start):
        take.check(0 <= stored.start - at < ALIGNED, f"{name} does not begin where the one before it ends")
        at = stored.start + stored.size
    take.check(at == len(take.data), f"the tensors end at byte {at:,} of {len(take.data):,}")
    return found
