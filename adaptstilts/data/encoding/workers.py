"""Encoding chunks of rows, here or side by side in other processes; the result is the same to the byte."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from tokenizers import Tokenizer

from adaptstilts.data.encoding.columns import columns_of
from adaptstilts.data.encoding.tokenizer import BareTokenizer
from adaptstilts.errors import EnvironmentProblem
from adaptstilts.kinds.kind import Kind, Limits
from adaptstilts.rows import Row
from adaptstilts.threads import threads

Chunk = tuple[Sequence[int], Sequence[Row]]
"""Rows, and the index of each among all rows."""

_PARALLEL = "TOKENIZERS_PARALLELISM"


@dataclass(frozen=True)
class TaskFacts:
    """What a kind may ask of a task, without the task's functions, so that it can be sent to another process."""

    name: str
    labels: tuple[str, ...]
    metric: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class EncodingJob:
    """How a chunk is encoded."""

    kind: Kind
    facts: TaskFacts
    tokenizer: BareTokenizer
    limits: Limits

    def encode(self, chunk: Chunk) -> pa.RecordBatch:
        places, rows = chunk
        found = self.kind.encode(rows, self.facts, self.tokenizer, self.limits)
        return columns_of(self.kind.shape).store(found, places)


def encode_here(job: EncodingJob, chunks: Iterable[Chunk]) -> Iterator[pa.RecordBatch]:
    """One chunk after another in this process, where the tokenizer has threads of its own unless only one is allowed."""
    for chunk in chunks:
        with _one_thread() if threads() == 1 else contextlib.nullcontext():
            batch = job.encode(chunk)
        yield batch


def encode_beside(job: EncodingJob, chunks: Iterable[Chunk], workers: int) -> Iterator[pa.RecordBatch]:
    """Chunks spread over `workers` processes of one thread each, in their order; a few are under way at a time.

    Processes start afresh (a fork would copy locks that other threads hold), so a script that calls this needs the
    usual `if __name__ == "__main__"`. They end when this process does, however it ends. EnvironmentProblem if one is
    killed.
    """
    schema, waiting = columns_of(job.kind.shape).schema, deque[Future[bytes]]()
    with tempfile.TemporaryDirectory() as folder:
        # a vocabulary is too large for the pipe to a new process: should that end early, this one would wait for ever
        file = Path(folder) / "tokenizer.json"
        job.tokenizer.backend_tokenizer.save(str(file), pretty=False)
        told = (job.kind, job.facts, job.limits, file, job.tokenizer.special_tokens_map, job.tokenizer.published)
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, told)
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_encode, chunk))
                if len(waiting) > 2 * workers:
                    yield _received(waiting.popleft(), schema)
            while waiting:
                yield _received(waiting.popleft(), schema)
        except BrokenProcessPool as error:
            do = "Is there enough memory? With ADAPTSTILTS_THREADS=1 no other process is needed."
            raise EnvironmentProblem("a process that encodes rows was killed", where="encoding", do=do) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _received(future: Future[bytes], schema: pa.Schema) -> pa.RecordBatch:
    return pa.ipc.read_record_batch(pa.py_buffer(future.result()), schema)


_job: EncodingJob | None = None


def _begin(
    kind: Kind, facts: TaskFacts, limits: Limits, file: Path, specials: Mapping[str, str], published: bool
) -> None:
    global _job
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process stops the others
    os.environ[_PARALLEL] = "false"
    tokenizer = BareTokenizer(Tokenizer.from_file(str(file)), specials, published=published)
    _job = EncodingJob(kind, facts, tokenizer, limits)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _encode(chunk: Chunk) -> bytes:
    if _job is None:
        raise RuntimeError("this process was not told what to do")
    return bytes(_job.encode(chunk).serialize())


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    before = os.environ.get(_PARALLEL)
    os.environ[_PARALLEL] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_PARALLEL]
        else:
            os.environ[_PARALLEL] = before
