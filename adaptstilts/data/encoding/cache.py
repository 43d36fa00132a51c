"""Encodings of rows, kept as Arrow files under a digest of all that decides them, and read without taking memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pyarrow as pa

from adaptstilts import ids
from adaptstilts.data.encoding.columns import EncodingColumns, columns_of
from adaptstilts.data.encoding.kept import kept
from adaptstilts.data.encoding.tokenizer import BareTokenizer, tokenizer_identity
from adaptstilts.data.encoding.workers import Chunk, EncodingJob, TaskFacts, encode_beside, encode_here
from adaptstilts.kinds.kind import Encoding, Facts, Kind, Limits
from adaptstilts.listeners import Speaker
from adaptstilts.progress import Progress, Silent
from adaptstilts.rows import Row
from adaptstilts.threads import threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = Speaker(__name__)

SCHEMA = 1
"""Goes up when the same encodings would be written in another way."""

CHUNK = 4096
"""Rows encoded at a time: few enough to hold as objects, many enough that starting costs nothing."""

PAYS = 250_000
"""From so many rows on other processes earn their start: some seconds each to load XLM-R's vocabulary. Below, the
tokenizer's own threads are as fast."""


class Encoded(Sequence[Encoding]):
    """Encodings in row order, made anew whenever they are asked for; slices are lists.

    `lengths` (tokens with specials), `rows` and `truncated` (tokens that did not fit) hold one number per encoding and
    make none of them. `key` names the content: equal keys, equal encodings.
    """

    def __init__(self, key: str, columns: EncodingColumns, batches: Sequence[pa.RecordBatch]) -> None:
        self.key = key
        self._readers = [columns.reader(batch) for batch in batches]
        self._ends = np.cumsum([batch.num_rows for batch in batches], dtype=np.int64)
        rows = _joined([batch.column("row").to_numpy() for batch in batches])
        # encodings of one row lie side by side, so a stable order keeps theirs
        self._order: NDArray[np.int64] = np.argsort(rows, kind="stable")
        self.rows: NDArray[np.int32] = rows[self._order]
        ends = [batch.column("ids").offsets.to_numpy() for batch in batches]
        self.lengths: NDArray[np.int32] = _joined([np.diff(e) for e in ends])[self._order]
        self.truncated: NDArray[np.int32] = _joined([b.column("truncated").to_numpy() for b in batches])[self._order]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Encoding: ...
    @overload
    def __getitem__(self, index: slice) -> list[Encoding]: ...
    def __getitem__(self, index: int | slice) -> Encoding | list[Encoding]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = self._order.item(index)
        batch = int(self._ends.searchsorted(place, side="right"))
        return self._readers[batch](place - (self._ends.item(batch - 1) if batch else 0))

    def __iter__(self) -> Iterator[Encoding]:
        return (self[i] for i in range(len(self)))


def encoded(
    rows: Sequence[Row],
    task: Facts,
    kind: Kind,
    tokenizer: Any,
    limits: Limits,
    *,
    folder: Path | None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Encoded:
    """What `kind.encode` makes of the rows, from the cache in `folder` if it is there; None keeps nothing.

    A file is found by content alone (`encoding_key`), as `kept` finds it; two processes that make the same file make the
    same bytes. A folder that cannot be written costs the cache, not the run. `workers`
    are processes (None: as many as there are threads to use, where there are rows enough to pay for them, else 1);
    the result does not depend on it. Raises what `kind.encode` raises, InputError for a slow tokenizer,
    EnvironmentProblem if a process is killed.
    """
    key, columns = encoding_key(rows, task, kind, tokenizer, limits), columns_of(kind.shape)
    facts = TaskFacts(task.name, task.labels, task.metric, task.options)
    job = EncodingJob(kind, facts, BareTokenizer.of(tokenizer), limits)
    count = workers or (threads() if len(rows) >= PAYS else 1)

    def batches() -> Iterator[pa.RecordBatch]:
        chunks = _chunks(rows, kind.shape.repeated)
        made = encode_beside(job, chunks, count) if count > 1 else encode_here(job, chunks)
        return _watched(made, len(rows), progress or Silent())

    if folder is not None:
        try:
            return Encoded(key, columns, kept(folder, key, columns.schema, batches, "encoded rows"))
        except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
            log.warning(f"encoded rows cannot be kept in {folder} ({error})")
    return Encoded(key, columns, list(batches()))


def encoding_key(rows: Sequence[Row], task: Facts, kind: Kind, tokenizer: Any, limits: Limits) -> str:
    """32 hex digits of all that decides the encodings.

    Every field of every row, the kind and its encoding's version, what a kind may ask of a task but its name, the
    tokenizer, the limits, and how the file is laid out.
    """
    facts = {"labels": task.labels, "metric": task.metric, "options": task.options}
    told = [SCHEMA, kind.name, kind.shape.version, facts, tokenizer_identity(tokenizer), limits]
    total = hashlib.blake2b(ids.canonical(told).encode(), digest_size=16)
    getters: dict[type, Callable[[Any], tuple[Any, ...]]] = {}
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        for each in {type(row) for row in part} - getters.keys():
            getters[each] = attrgetter("__class__.__name__", *each.__dataclass_fields__)
        total.update(json.dumps([getters[type(row)](row) for row in part], default=ids.plain).encode())
    return total.hexdigest()


def _chunks(rows: Sequence[Row], repeated: str) -> Iterator[Chunk]:
    """Rows by `CHUNK`; where there are several chunks, rows with the same repeated text come to lie in one."""
    order: Sequence[int] = range(len(rows))
    if repeated and len(rows) > CHUNK:
        text = attrgetter(repeated)
        order = sorted(order, key=lambda i: text(rows[i]))
    for start in range(0, len(rows), CHUNK):
        places = order[start : start + CHUNK]
        yield places, [rows[i] for i in places]


def _watched(batches: Iterator[pa.RecordBatch], total: int, progress: Progress) -> Iterator[pa.RecordBatch]:
    progress.start(total, "encoding")
    try:
        for number, batch in enumerate(batches):
            yield batch
            progress.advance(min(CHUNK, total - number * CHUNK))
    finally:
        progress.stop()


def _joined(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int32)
