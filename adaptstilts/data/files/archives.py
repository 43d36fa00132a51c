"""JSON lines in compressed files: `.jsonl.gz`, and `.tar.gz` archives of `.jsonl` files."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from adaptstilts.errors import DataMissing
from adaptstilts.files import UTF8

SUFFIXES = (".jsonl.gz", ".tar.gz")


def packed(path: Path) -> bool:
    """Whether a file is one of these, by its name."""
    return path.name.endswith(SUFFIXES)


def read_packed(path: Path) -> list[dict[str, Any]]:
    """The records of a compressed file; an archive's members in the order of their names.

    Nothing is unpacked to disk. Raises DataMissing for a file that is not what its name says.
    """
    lines = _of_archive(path) if path.name.endswith(".tar.gz") else _of_file(path)
    try:
        records = [json.loads(line) for line in lines if line.strip()]
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as error:
        what = f"the file does not read as compressed JSON lines: {error}"
        raise DataMissing(what, where=str(path), do="Fetch it again.") from error
    if not all(isinstance(record, dict) for record in records):
        raise DataMissing("a record is a JSON object", where=str(path), do="See its first lines.")
    return records


def _of_file(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding=UTF8) as lines:
        yield from lines


def _of_archive(path: Path) -> Iterator[str]:
    with tarfile.open(path, "r:gz") as archive:
        members = [m for m in archive.getmembers() if m.isfile() and m.name.endswith(".jsonl")]
        for member in sorted(members, key=lambda m: m.name):
            stream: IO[bytes] | None = archive.extractfile(member)
            if stream is not None:
                yield from io.TextIOWrapper(stream, encoding=UTF8)
