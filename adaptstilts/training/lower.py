"""What the lowest layers give for sets of inputs: made once, kept in files by content, and read from them without taking memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from adaptstilts import ids
from adaptstilts.data.encoding.kept import kept
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.lower import content
from adaptstilts.progress import Progress, Silent
from adaptstilts.training.batches import pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from adaptstilts.models.assembly import Assembly

SCHEMA = 2
"""Goes up when the same states would be written in another way."""

TOKENS = {"cpu": 1024, "cuda": 32768}
"""Tokens of a pass that makes states: it decides their last bits, so that no machine has one of its own."""


class States:
    """Hidden states after the lowest layers by the content of inputs, in one file or several (see `models.lower.Lower`)."""

    def __init__(self, precision: str, width: int, *files: Sequence[pa.RecordBatch]) -> None:
        self.precision, self._width = precision, width
        self._columns: list[tuple[NDArray[np.int32], NDArray[Any]]] = []
        self._places: dict[bytes, tuple[int, int]] = {}
        for batch in (batch for file in files for batch in file):
            column = batch.column("states")
            for row, name in enumerate(batch.column("content").to_pylist()):
                self._places[name] = (len(self._columns), row)
            self._columns.append((column.offsets.to_numpy(), column.values.to_numpy()))

    def get(self, name: bytes) -> NDArray[Any] | None:
        place = self._places.get(name)
        if place is None:
            return None
        ends, values = self._columns[place[0]]
        return values[ends[place[1]] : ends[place[1] + 1]].reshape(-1, self._width)


def distinct(encodings: Sequence[Encoding], others: Sequence[Encoding] = ()) -> dict[bytes, Encoding]:
    """Inputs by content, in an order that is the content's alone; without what is among the others."""
    known = {content(encoding) for encoding in others}
    found = {name: encoding for encoding in encodings if (name := content(encoding)) not in known}
    return dict(sorted(found.items()))


def states_of(
    assembly: Assembly,
    sets: Sequence[Mapping[bytes, Encoding]],
    folder: Path,
    most: int,
    progress: Progress | None = None,
) -> States:
    """States of all inputs of some sets (see `distinct`), each from its file in `folder`, which is made where it is not there.

    They are always read back from the files, and a file is a function of its set: whoever made it, and whenever, a run reads the
    same. At most `most` bytes stay in the folder. Raises OSError, NotImplementedError (a file system without locks) and
    ValueError (states beyond the range that they are stored in).
    """
    schema = pa.schema(
        [("content", pa.binary(16)), ("states", pa.list_(pa.from_numpy_dtype(stored_as(assembly.precision))))]
    )
    files = []
    for inputs in filter(None, sets):
        make = partial(_made, assembly, inputs, schema, progress or Silent())
        files.append(kept(folder, _key(assembly, inputs), schema, make, "outputs of the lowest layers", most=most))
    return States(assembly.precision, assembly.backbone.hidden_size, *files)


def stored_as(precision: str) -> np.dtype[Any]:
    """What states are stored in: of bfloat16, float16, whose rounding is an eighth of that of the passes."""
    return np.dtype(np.float16 if precision == "bfloat16" else np.float32)


def _key(assembly: Assembly, inputs: Mapping[bytes, Encoding]) -> str:
    """32 hex digits of the encoder, its layers, how they are passed, and every input."""
    told = [SCHEMA, assembly.backbone.identity, assembly.lowest, assembly.precision, assembly.device.type]
    told += [assembly.language, dict(assembly.backbone.reads)] if assembly.backbone.languages else []
    total = hashlib.blake2b(ids.canonical(told).encode(), digest_size=16)
    total.update(b"".join(inputs))
    return total.hexdigest()


def _made(
    assembly: Assembly, inputs: Mapping[bytes, Encoding], schema: pa.Schema, watcher: Progress
) -> Iterator[pa.RecordBatch]:
    """One record batch a pass."""
    names, encodings = list(inputs), list(inputs.values())
    lengths = [len(encoding.ids) for encoding in encodings]
    watcher.start(len(names), f"lowest {assembly.lowest} layers")
    try:
        for chosen in pack(lengths, TOKENS[assembly.device.type]):
            states = assembly.lower([encodings[i] for i in chosen]).cpu().numpy()
            flat = np.concatenate([states[row, : lengths[i]].ravel() for row, i in enumerate(chosen)])
            with np.errstate(over="ignore"):  # told below
                stored = flat.astype(stored_as(assembly.precision))
            if not np.isfinite(stored).all():
                raise ValueError(f"hidden states of up to {np.abs(flat).max():.3g} do not fit {stored.dtype}")
            ends = np.cumsum([0, *(lengths[i] * states.shape[2] for i in chosen)], dtype=np.int32)
            column = pa.ListArray.from_arrays(pa.array(ends), pa.array(stored))
            yield pa.RecordBatch.from_arrays(
                [pa.array([names[i] for i in chosen], pa.binary(16)), column], schema=schema
            )
            watcher.advance(len(chosen))
    finally:
        watcher.stop()
