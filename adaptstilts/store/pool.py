"""Stores pooled between labs: records, predictions and manifests in one file, without weights, and back again."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from adaptstilts import ids
from adaptstilts.errors import InputError, Refused
from adaptstilts.files import replacing, writing
from adaptstilts.store.records.record import Record, read_record
from adaptstilts.store.runs import transfer_named
from adaptstilts.store.store import BARE, ERROR, RECORD, Store

SCHEMA = 1
CONTENTS = "store.json"
"""The first member: what the file is, and how many records it holds."""

BESIDE = ("predictions.parquet", "attacked.jsonl")
"""What is pooled of a step beside its record."""

OWN = ("cost", "provenance")
"""What two records of one key may differ in: when, where and by whom it was done."""

MOST = 1 << 32
"""No member may be larger, in bytes: predictions are far smaller."""

_STEP = re.compile(r"steps/([0-9a-f]{16})/([a-z]+\.[a-z]+)")
_WHOLE = re.compile(r"sweeps/[\w.-]+\.json|preregistration\.json")


@dataclass(frozen=True)
class Pooled:
    """What an import did: keys of records that are new, how many were there before, and files of the whole store."""

    new: tuple[str, ...]
    known: int
    files: tuple[str, ...]


def pool(store: Store, file: Path, runs: Sequence[str] = ()) -> int:
    """Write the store's records (of `runs`, finished transfers, and all that belongs to them; else all) to a `.tar.gz` or `.zip`.

    Atomic: the file is there whole or not at all. How many records; InputError for another ending or an empty store.
    """
    keys = _of_runs(store, runs) if runs else [key for key in store.known() if store.done(key)]
    if not keys:
        raise InputError("the store has no records", where=str(store.root), do="Name another store with --out.")
    paths = [path for key in keys for name in (RECORD, *BESIDE) if (path := store.folder(key) / name).is_file()]
    if not runs:
        whole = (*sorted((store.root / "sweeps").glob("[!.]*.json")), store.root / "preregistration.json")
        paths += [path for path in whole if path.is_file()]
    with replacing(file) as scratch:
        _write(file, scratch, store, paths, {"schema": SCHEMA, "records": len(keys)})
    return len(keys)


def take_in(store: Store, file: Path) -> Pooled:
    """Add the records of a pooled file to the store, all or none; steps come without weights and are marked so.

    Raises Refused for a file that is not what `pool` writes (other members, links, paths that lead out, records whose key
    is not the digest of their spec), InputError where a record, manifest or preregistration contradicts the store's own:
    records of one key may differ in cost and provenance only, and then the store's own stays.
    """
    scratch = store.root / f".import-{os.getpid()}"
    with writing(scratch):
        scratch.mkdir(parents=True)
        try:
            _unpack(file, scratch)
            arrived = Store(scratch)
            records = {key: _checked(arrived, key, file) for key in arrived.known()}
            whole = _whole_files(scratch)
            problems = [*_conflicts(store, records), *_other_files(store.root, scratch, whole)]
            if problems:
                lines = "".join(f"\n  - {problem}" for problem in problems)
                do = "Import into a store of its own (--out), or find out which of the two is right."
                raise InputError(f"the file contradicts the store; nothing was taken in{lines}", where=str(file), do=do)
            new = tuple(key for key in records if _moved(arrived, store, key, records[key]))
            files = tuple(str(path) for path in whole if _placed(scratch / path, store.root / path))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return Pooled(new, len(records) - len(new), files)


def _of_runs(store: Store, runs: Sequence[str]) -> list[str]:
    """The transfers named, their scores, and everything that these build on, as far as it is done."""
    wanted = {transfer_named(store, run).key for run in runs}
    records = {record.key: record for record in store.records([])}
    wanted |= {record.key for record in records.values() if record.step == "score" and record.spec.transfer in wanted}
    todo = [key for key in wanted if key in records]
    while todo:
        new = [need for need in records[todo.pop()].upstream if need not in wanted]
        wanted |= {*new}
        todo += [need for need in new if need in records]
    return sorted(key for key in wanted if key in records)


def _write(file: Path, scratch: Path, store: Store, paths: Iterable[Path], contents: dict[str, Any]) -> None:
    head = json.dumps(contents).encode()
    if file.name.endswith(".zip"):
        with zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(CONTENTS, head)
            for path in paths:
                archive.write(path, path.relative_to(store.root).as_posix())
    elif file.name.endswith((".tar.gz", ".tgz")):
        with tarfile.open(scratch, "w:gz") as archive:
            info = tarfile.TarInfo(CONTENTS)
            info.size = len(head)
            archive.addfile(info, io.BytesIO(head))
            for path in paths:
                archive.add(path, path.relative_to(store.root).as_posix(), recursive=False)
    else:
        do = "Give the file one of these endings."
        raise InputError("a pooled store is a .tar.gz or a .zip", where=str(file), do=do)


def _unpack(file: Path, scratch: Path) -> None:
    """Write out the members that belong into a pooled store; Refused for any other, and for what does not read through."""
    if not file.is_file():
        raise InputError("there is no such file", where=str(file))
    try:
        _write_members(file, scratch)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise Refused(f"not an archive that reads through ({error})", where=str(file)) from error
    try:
        if json.loads((scratch / CONTENTS).read_text(encoding="utf-8"))["schema"] != SCHEMA:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"not a pooled store of schema {SCHEMA}"
        raise Refused(what, where=str(file), do="Make one with `adaptstilts export --records FILE`.") from error


def _write_members(file: Path, scratch: Path) -> None:
    seen = set[str]()
    for name, size, plain, stream in _members(file):
        path, step = PurePosixPath(name), _STEP.fullmatch(name)
        known = name == CONTENTS or _WHOLE.fullmatch(name) or (step and step[2] in (RECORD, *BESIDE))
        if not plain or not known or ".." in path.parts or path.is_absolute() or name in seen or size > MOST:
            raise Refused(f"{name!r} does not belong into a pooled store", where=str(file), do="Nothing was taken in.")
        seen.add(name)
        place = scratch.joinpath(*path.parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as target:
            shutil.copyfileobj(stream, target)


def _members(file: Path) -> Iterator[tuple[str, int, bool, IO[bytes]]]:
    """Name, size, whether it is a plain file, and content of each member, one after another."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            for info in packed.infolist():
                link = (info.external_attr >> 16) & 0o170000 == 0o120000
                with packed.open(info) as stream:
                    yield info.filename, info.file_size, not info.is_dir() and not link, stream
        return
    with tarfile.open(file, "r:*") as archive:
        for member in archive:
            with contextlib.closing(_content(archive, member)) as content:
                yield member.name, member.size, member.isreg(), content


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    return (archive.extractfile(member) if member.isreg() else None) or io.BytesIO()


def _checked(arrived: Store, key: str, file: Path) -> Record:
    """The record of a step that arrived; Refused if it is not one, or its key is not that of what it says it did."""
    try:
        record = read_record((arrived.folder(key) / RECORD).read_bytes())
        if record.key != key:
            raise ValueError("it is another step's")
        if ids.digest(record.spec.plain()) != key:
            raise ValueError("its key is not the digest of its spec")
    except (OSError, ValueError) as error:
        where = f"{file}: steps/{key}/{RECORD}"
        raise Refused(f"not a record ({error})", where=where, do="Nothing was taken in.") from error
    return record


def _conflicts(store: Store, records: dict[str, Record]) -> Iterator[str]:
    for key, record in records.items():
        if store.done(key):
            own, theirs = store.record(key).plain(), record.plain()
            fields = sorted(name for name in {*own, *theirs} - {*OWN} if not _same(own.get(name), theirs.get(name)))
            if fields:
                yield f"steps/{key} ({record.title}): other {', '.join(fields)}"


def _same(one: Any, other: Any) -> bool:
    """Equal, and in times too: what a training run says of its speed and memory is cost."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = {*one, *other} - {"seconds", "tokens_per_second", "peak_memory", "resumed_at"}
        return all(_same(one.get(name), other.get(name)) for name in names)
    return bool(one == other)


def _other_files(root: Path, scratch: Path, paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        mine = root / path
        if mine.is_file() and mine.read_bytes() != (scratch / path).read_bytes():
            yield f"{path.as_posix()}: the store has another of this name"


def _whole_files(scratch: Path) -> list[Path]:
    """What arrived for the store as a whole: manifests of sweeps and a preregistration."""
    found = [path.relative_to(scratch) for path in sorted(scratch.rglob("*.json"))]
    return [path for path in found if path.parts[0] != "steps" and str(path) != CONTENTS]


def _moved(arrived: Store, store: Store, key: str, record: Record) -> bool:
    """Take a step in unless it is there, the record last; whether it was taken."""
    with store.claim(key) as folder:
        if store.done(key):
            return False
        for name in BESIDE:
            if (arrived.folder(key) / name).is_file():
                (arrived.folder(key) / name).replace(folder / name)
        if record.step != "score":
            (folder / BARE).touch()
        (arrived.folder(key) / RECORD).replace(folder / RECORD)
        (folder / ERROR).unlink(missing_ok=True)
        return True


def _placed(source: Path, target: Path) -> bool:
    """Move a file where there is none yet; whether it was moved."""
    if not source.is_file() or target.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    return True
