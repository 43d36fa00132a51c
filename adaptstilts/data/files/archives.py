"""JSON lines in compressed files: `.jsonl.gz`, and `.tar.gz` archives of `.jsonl` files."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from adaptstilts.bounds import parse
from adaptstilts.errors import DataMissing
from adaptstilts.files import UTF8

SUFFIXES = (".jsonl.gz", ".tar.gz")
SMALL, RATIO = 64 << 20, 100
"""A file may unpack to SMALL bytes, and so many times its own size beyond that: text packs to a tenth or so."""


def packed(path: Path) -> bool:
    """Whether a file is one of these, by its name."""
    return path.name.endswith(SUFFIXES)


def read_packed(path: Path) -> list[dict[str, Any]]:
    """The records of a compressed file; an archive's members in the order of their names.

    Nothing is unpacked to disk. Raises DataMissing for a file that is not what its name says.
    """
    lines = _of_archive(path) if path.name.endswith(".tar.gz") else _of_file(path)
    try:
        records = [parse(line, whole=False) for line in lines if line.strip()]
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as error:
        what = f"the file does not read as compressed JSON lines: {error}"
        raise DataMissing(what, where=str(path), do="Fetch it again.") from error
    if not all(isinstance(record, dict) for record in records):
        raise DataMissing("a record is a JSON object", where=str(path), do="See its first lines.")
    return records


def _of_file(path: Path) -> Iterator[str]:
    with (
        gzip.open(path) as stream,
        io.TextIOWrapper(io.BufferedReader(_Bounded(stream, _most(path))), encoding=UTF8) as lines,
    ):
        yield from lines


def _of_archive(path: Path) -> Iterator[str]:
    with tarfile.open(path, "r:gz") as archive:
        members = [m for m in _within(archive, _most(path)) if m.isfile() and m.name.endswith(".jsonl")]
        for member in sorted(members, key=lambda m: m.name):
            stream: IO[bytes] | None = archive.extractfile(member)
            if stream is not None:
                yield from io.TextIOWrapper(stream, encoding=UTF8)


def _most(path: Path) -> int:
    return SMALL + RATIO * path.stat().st_size


def _within(archive: tarfile.TarFile, most: int) -> Iterator[tarfile.TarInfo]:
    """The members of an archive; ValueError where they come to more bytes."""
    for member in archive:
        most -= member.size + tarfile.BLOCKSIZE
        _check(most)
        yield member


class _Bounded(io.RawIOBase):
    """A stream that raises ValueError once it has given more bytes than it may."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        self._stream, self._left = stream, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._stream.read(len(buffer))
        self._left -= len(found)
        _check(self._left)
        buffer[: len(found)] = found
        return len(found)


def _check(left: int) -> None:
    if left < 0:
        raise ValueError("it unpacks to more than text of its size does")
