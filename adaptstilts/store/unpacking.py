"""Archives: packed, and from outside: each member written out within bounds, and the whole read to its end, or all of it refused."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from adaptstilts.errors import InputError, Refused

SMALL = 64 << 20
RATIO = 100
"""An archive may come to SMALL bytes, and so many times its own size beyond that: records pack to a tenth or so."""
MEMBERS = 200_000
HEADERS = 1 << 20
"""Bytes between two members' contents: names, times, padding."""
MEMORY = 256 << 20
"""Of an unpacker."""
PIECE = 1 << 16
DO = "Nothing was taken in; ask for the file again."

BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, RuntimeError, NotImplementedError, OverflowError),  # zipfile's words for what it cannot read
)
Place = Callable[[str], tuple[Path, int]]
"""Where a member of this name goes, and the most bytes that it may have; Refused for one that does not belong."""


class Unpacked(NamedTuple):
    """Digests of the members by name, and whether the archive ends as one does."""

    digests: dict[str, str]
    ended: bool


def unpack(file: Path, place: Place) -> Unpacked:
    """Write out every member of a .zip, or a .tar that may be packed by gzip, xz or bzip2, and read on to the end.

    Refused for what is no such archive or damaged, for links and other members that are no plain files, for a name that comes
    twice, and for more than the bounds allow.
    """
    if not file.is_file():
        raise InputError("there is no such file", where=str(file))
    with ExitStack() as opened:
        stream = opened.enter_context(file.open("rb"))
        budget = _Budget(file, SMALL + RATIO * file.stat().st_size)
        head = stream.read(6)
        stream.seek(0)
        if head.startswith(b"PK"):
            return Unpacked(_written(_zipped(stream, budget), place, budget), True)
        packed = _Packed(_unpacker(head)(stream), budget)
        digests = _written(_tarred(packed, file), place, budget)
        while packed.read(PIECE):
            packed.allowed = None
        return Unpacked(digests, packed.tail == bytes(len(packed.tail)))


class _Budget:
    """How many bytes an archive may still come to."""

    def __init__(self, file: Path, most: int) -> None:
        self.file, self.most, self.left = file, most, most

    def take(self, found: bytes) -> bytes:
        self.left -= len(found)
        if self.left < 0:
            what = (
                f"it unpacks to more than {self.most:,} bytes, which no store of records does from a file of its size"
            )
            raise Refused(what, where=str(self.file), do=DO)
        return found


class _Packed:
    """The bytes of a tar, unpacked as they are asked for. `allowed` bounds those up to the next member (None: the budget alone)."""

    def __init__(self, pieces: Iterator[bytes], budget: _Budget) -> None:
        self._pieces, self._budget, self._kept = pieces, budget, b""
        self.allowed: int | None = HEADERS
        self.tail = b"-"

    def read(self, size: int) -> bytes:
        while len(self._kept) < size and (piece := _of(self._budget.file, lambda: next(self._pieces, b""))):
            self._kept += self._budget.take(piece)
        found, self._kept = self._kept[:size], self._kept[size:]
        self.tail = (self.tail + found)[-1024:] if found else self.tail
        if self.allowed is not None:
            self.allowed -= len(found)
        if self.allowed is not None and self.allowed < 0:
            raise Refused("a header is longer than any file's name", where=str(self._budget.file), do=DO)
        return found


def _of(file: Path, read: Callable[[], Any]) -> Any:
    """What is read; Refused where it is damaged."""
    try:
        return read()
    except BROKEN as error:
        raise Refused(f"damaged, or not an archive that reads through ({error})", where=str(file), do=DO) from error


def _unpacker(head: bytes) -> Callable[[IO[bytes]], Iterator[bytes]]:
    if head.startswith(b"\x1f\x8b"):
        return lambda stream: _pieces(gzip.GzipFile(fileobj=stream))
    if head.startswith(b"BZh"):
        return lambda stream: _pieces(bz2.BZ2File(stream))
    return _xz if head == b"\xfd7zXZ\x00" else _pieces


def _pieces(stream: Any) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece


def _xz(stream: IO[bytes]) -> Iterator[bytes]:
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)
    while not unpacker.eof:
        packed = stream.read(PIECE) if unpacker.needs_input else b""
        if unpacker.needs_input and not packed:
            raise EOFError("it ends in the middle")
        if piece := unpacker.decompress(packed, PIECE):
            yield piece
    if (unpacker.unused_data + stream.read(PIECE)).strip(b"\0"):
        raise EOFError("more follows its end")


class _Member(NamedTuple):
    name: str
    plain: bool
    size: int
    read: Callable[[int], bytes]


def _tarred(packed: _Packed, file: Path) -> Iterator[_Member]:
    archive = _of(file, lambda: tarfile.open(fileobj=packed, mode="r|"))  # type: ignore[call-overload]  # noqa: SIM115
    while (member := _of(file, archive.next)) is not None:
        archive.members = []  # else it keeps them all
        plain = member.isreg() and not member.issparse()
        content = archive.extractfile(member) if plain else None
        packed.allowed = HEADERS + max(0, member.size) if plain else HEADERS
        yield _Member(member.name, plain, member.size, content.read if content else lambda size: b"")
        packed.allowed = HEADERS


def _zipped(stream: IO[bytes], budget: _Budget) -> Iterator[_Member]:
    with _of(budget.file, lambda: zipfile.ZipFile(stream)) as archive:
        for info in archive.infolist():
            plain = not info.is_dir() and (info.external_attr >> 16) & 0o170000 in (0, 0o100000)
            with _of(budget.file, lambda info=info: archive.open(info)) as content:  # type: ignore[misc]
                read = partial(_counted, content.read, budget)
                yield _Member(info.filename, plain, info.file_size, read)


def _counted(read: Callable[[int], bytes], budget: _Budget, size: int) -> bytes:
    return budget.take(read(size))


def _written(members: Iterator[_Member], place: Place, budget: _Budget) -> dict[str, str]:
    digests: dict[str, str] = {}
    for member in members:
        target, most = place(member.name)
        wrong = (
            "is no plain file" if not member.plain
            else "is there twice" if member.name in digests
            else f"has more than {most:,} bytes" if member.size > most
            else f"is one of more than {MEMBERS:,}" if len(digests) >= MEMBERS
            else ""
        )  # fmt: skip
        if wrong:
            raise Refused(f"{member.name!r} {wrong}: it does not belong here", where=str(budget.file), do=DO)
        digests[member.name] = _copied(member, target, budget)
    return digests


def _copied(member: _Member, target: Path, budget: _Budget) -> str:
    """Write the member's content; its digest."""
    total, size = hashlib.blake2b(digest_size=16), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as stream:
        while piece := _of(budget.file, lambda: member.read(PIECE)):
            size += len(piece)
            total.update(piece)
            stream.write(piece)
    if size != member.size:
        what = f"{member.name!r} says {member.size:,} bytes and has {size:,}"
        raise Refused(f"damaged: {what}", where=str(budget.file), do=DO)
    return total.hexdigest()


def pack(file: Path, scratch: Path, members: Mapping[str, Path], first: str, contents: Mapping[str, Any]) -> None:
    """Write the members to `scratch` as the ending of `file` has it, `contents` first under that name; InputError for another ending."""
    head = json.dumps(contents).encode()
    if file.name.endswith(".zip"):
        with zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(first, head)
            for name, path in members.items():
                archive.write(path, name)
    elif file.name.endswith((".tar.gz", ".tgz")):
        with tarfile.open(scratch, "w:gz") as archive:
            info = tarfile.TarInfo(first)
            info.size = len(head)
            archive.addfile(info, io.BytesIO(head))
            for name, path in members.items():
                archive.add(path, name, recursive=False)
    else:
        do = "Give the file one of these endings."
        raise InputError("a pooled store is a .tar.gz or a .zip", where=str(file), do=do)
