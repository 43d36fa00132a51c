"""Arrow files kept under a digest of all that decides them: whole or not at all, believed by their bytes, bounded by use."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from adaptstilts import ids
from adaptstilts.listeners import Speaker
from adaptstilts.locks import held

log = Speaker(__name__)

MOST = 16 << 30
"""Bytes that a folder may hold; what was used longest ago goes first."""

_DAY = 86_400

Make = Callable[[], Iterator[pa.RecordBatch]]


def kept(folder: Path, key: str, schema: pa.Schema, make: Make, what: str, *, most: int = MOST) -> list[pa.RecordBatch]:
    """The batches of this key's file, mapped and not read; made and written first where it is missing or damaged.

    A file is believed only if its bytes have the digest in its name, which it gets when it is whole: a killed process leaves
    nothing that looks finished. Of several processes that want it at once one makes it. `what` is in the file, for messages.
    Raises what `make` raises, OSError, and NotImplementedError on a file system without locks.
    """
    if (found := _read(folder, key, what)) is not None:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / f".{key}.lock"
    with held(lock, what):
        try:
            found = _read(folder, key, what)
            while found is None:  # once, unless someone empties the folder in this very moment
                _write(folder, key, schema, make())
                prune(folder, most, keep=key)
                found = _read(folder, key, what)
            return found
        finally:
            lock.unlink(missing_ok=True)  # two writers at once would do no harm


def prune(folder: Path, most: int = MOST, keep: str = "") -> int:
    """Remove what was used longest ago until `most` bytes are left, and what killed processes left; the bytes removed.

    Files of the key `keep` stay. Whoever has a removed file open may read on.
    """
    now, removed, held = time.time(), 0, 0
    found = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # others tidy up too
            stat = path.stat()
            if path.suffix == ".arrow" and not path.name.startswith("."):
                found.append((stat.st_mtime, stat.st_size, path))
            elif now - stat.st_mtime > _DAY:
                path.unlink()
    for _, size, path in sorted(found, reverse=True):
        held += size
        if held > most and not (keep and path.name.startswith(keep)):
            path.unlink(missing_ok=True)
            held, removed = held - size, removed + size
    return removed


def _read(folder: Path, key: str, what: str) -> list[pa.RecordBatch] | None:
    for path in sorted(folder.glob(f"{key}-*.arrow")):
        try:
            if ids.read_digest(path) != path.stem.partition("-")[2]:
                raise ValueError("its bytes are not those that were written")
            with pa.memory_map(str(path)) as source:
                reader = pa.ipc.open_file(source)
                batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
            with contextlib.suppress(OSError):  # a folder of someone else's, to be read only
                os.utime(path)
            return batches
        except FileNotFoundError:
            continue
        except (ValueError, OSError) as error:  # Arrow's own errors are among these
            log.warning(f"{what} are made again: {path} is damaged ({error})")
            path.unlink(missing_ok=True)
    return None


def _write(folder: Path, key: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    beside = folder / f".{key}.{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with beside.open("wb") as sink:
            with pa.ipc.new_file(sink, schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
            sink.flush()
            os.fsync(sink.fileno())
        beside.replace(folder / f"{key}-{ids.read_digest(beside)}.arrow")
    finally:
        beside.unlink(missing_ok=True)
