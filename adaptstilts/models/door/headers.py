"""Files of strangers: texts of a known size, safetensors headers that add up, places inside a folder."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from adaptstilts import bounds
from adaptstilts.bounds import JSON_BYTES
from adaptstilts.errors import CorruptArtefact, DataMissing, Refused

HEADER_BYTES = 8 << 20
"""XLM-R XXL in one file has 800 tensors, and a header of 100 kB."""
ADAPTER_BYTES = 4 << 30
TOKENIZER_BYTES = 64 << 20
"""XLM-R's tokenizer.json is 17 MB."""

_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
FLOATS = frozenset({"F32", "F16", "BF16"})
DIMENSIONS = 8
"""Of a tensor; weights have two, and a product of very many sizes takes hours."""
_AGAIN = "Fetch or copy the file again."
_HUB_CACHE = re.compile(r"(models|datasets)--.+")


class Tensor(NamedTuple):
    """One tensor as a header tells of it."""

    dtype: str
    shape: tuple[int, ...]


def read_text(path: Path, most: int = JSON_BYTES) -> str:
    """A UTF-8 file of at most so many bytes; DataMissing without one, Refused above, CorruptArtefact for other bytes."""
    bounded(path, most)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CorruptArtefact(f"not UTF-8 text (byte {error.start})", where=str(path), do=_AGAIN) from error


def bounded(path: Path, most: int) -> int:
    """The file's size in bytes; DataMissing if there is no such file, Refused if it has more than `most`."""
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        do = "A model folder needs config.json, tokenizer.json and model.safetensors."
        raise DataMissing(f"no {path.name} here", where=str(path.parent), do=do) from error
    if size > most:
        raise Refused(f"{size:,} bytes, where {most:,} are the most that such a file may have", where=str(path))
    return size


def parse(text: str, where: str) -> Any:
    """`bounds.parse`; Refused for JSON that is nested too deep, CorruptArtefact for what is no JSON."""
    try:
        return bounds.parse(text)
    except bounds.TooDeep as error:
        raise Refused(str(error), where=where) from error
    except ValueError as error:
        raise CorruptArtefact(f"not readable as JSON ({error})", where=where, do=_AGAIN) from error


def read_header(path: Path, most: int = ADAPTER_BYTES) -> dict[str, Tensor]:
    """The tensors that a safetensors file holds, from its header alone: no tensor is read or allocated.

    CorruptArtefact unless names, types, shapes and places account for every byte of the file; Refused above the bounds.
    The format: 8 bytes of the header's length (little endian), the header as JSON, then the tensors' bytes.
    """
    size = bounded(path, most)
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(HEADER_BYTES, size - 8):
            what = f"the header says it is {length:,} bytes long, in a file of {size:,}"
            raise CorruptArtefact(what, where=str(path), do=_AGAIN)
        raw = stream.read(length)
    try:
        described = parse(raw.decode("utf-8"), str(path))
        return _tensors(described, size - 8 - length)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        what = f"the header does not tell what the file holds ({error})"
        raise CorruptArtefact(what, where=str(path), do=_AGAIN) from error


def _tensors(described: Mapping[str, Any], size: int) -> dict[str, Tensor]:
    places, found = [], {}
    for name, facts in described.items():
        if name == "__metadata__":
            continue
        dtype, shape, (start, end) = facts["dtype"], facts["shape"], facts["data_offsets"]
        if len(shape) > DIMENSIONS:
            raise ValueError(f"{name[:80]!r} has {len(shape):,} dimensions")
        if not all(type(n) is int and n >= 0 for n in (*shape, start, end)):
            raise ValueError(f"{name[:80]!r} has a shape or place that is no count")
        if math.prod(shape) * _BYTES[dtype] != end - start:
            raise ValueError(f"{name[:80]!r} of shape {tuple(shape)} does not fill its place")
        places.append((start, end))
        found[name] = Tensor(dtype, tuple(shape))
    at = 0
    for start, end in sorted(places):
        if start != at:
            raise ValueError("tensors overlap, or leave bytes between them")
        at = end
    if at != size:
        raise ValueError(f"tensors end at byte {at:,} of {size:,}")
    return found


def inside(path: Path, folder: Path) -> Path:
    """The path, if it leads into `folder`, or into `blobs` where that is a snapshot in the Hub's cache; else Refused."""
    home = folder.resolve()
    held = home.parent.parent
    cached = home.parent.name == "snapshots" and _HUB_CACHE.fullmatch(held.name)
    real = path.resolve()
    if not (real.is_relative_to(home) or (cached and real.is_relative_to(held / "blobs"))):
        what = f"{path.name} is a link that leads out of its folder"
        raise Refused(what, where=str(folder), do="Copy the file itself.")
    return path
