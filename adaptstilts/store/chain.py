"""The store's journal: plans, finished steps, looks and imports in the order in which they came, each line chained to the one before it.

`journal.jsonl` is only ever added to. An entry's `previous` is the digest of the line before it, so that a line that is changed,
removed or moved no longer fits what follows. What a file cannot show, it does not: whoever writes all lines anew has another
journal that fits, which is why a plan, or the journal's head, can be posted elsewhere first.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.bounds import parse
from adaptstilts.errors import CorruptArtefact
from adaptstilts.files import writing
from adaptstilts.locks import held

FILE, LOCK = "journal.jsonl", "lock"
OTHERS = "journals"
"""Folder of the journals that imports brought, each under the digest of its last line."""
RECORD = "record.json"
KINDS = ("start", "plan", "step", "look", "import")
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Chained:
    """One line: its number from 1, what it is of, what it says, and the digest over its bytes."""

    number: int
    kind: str
    told: Mapping[str, Any]
    digest: str

    @property
    def records(self) -> Mapping[str, str]:
        """Digests of the records that were there from this entry on, by key."""
        if self.kind == "step":
            return {self.told["key"]: self.told["record"]}
        found: Mapping[str, str] = self.told["records"] if self.kind in ("start", "import") else {}
        return found


@dataclass(frozen=True)
class Chain:
    """A journal as read: its entries, and what is wrong with it in words (empty for one that is whole)."""

    entries: tuple[Chained, ...] = ()
    broken: str = ""

    @property
    def head(self) -> str:
        """The digest of the last line; empty for a journal without any."""
        return self.entries[-1].digest if self.entries else ""

    @cached_property
    def records(self) -> Mapping[str, str]:
        """The digest that each record was last finished with, by key."""
        return {key: digest for entry in self.entries for key, digest in entry.records.items()}

    @cached_property
    def made(self) -> Mapping[str, tuple[int, ...]]:
        """The numbers of the entries that finished each step here."""
        found: dict[str, list[int]] = {}
        for entry in self.entries:
            if entry.kind == "step":
                found.setdefault(entry.told["key"], []).append(entry.number)
        return {key: tuple(numbers) for key, numbers in found.items()}

    def of(self, kind: str) -> Iterator[Chained]:
        """The entries of one kind."""
        return (entry for entry in self.entries if entry.kind == kind)


def append(root: Path, kind: str, **told: Any) -> None:
    """Add an entry, on the disk when this returns, after whatever any other process adds; EnvironmentProblem.

    A last line without an end, as a kill leaves one, is cut off first. The first entry of a store that holds finished steps says
    so: in which order these came cannot be shown.
    """
    with writing(root / FILE):
        root.mkdir(parents=True, exist_ok=True)
        with held(root / LOCK, "the journal"), (root / FILE).open("a+b") as stream:
            stream.truncate(_whole_bytes(stream))
            last = _last_line(stream)
            if not last and (there := _finished(root)):
                last = _written(stream, "start", {"records": there}, last)
            _written(stream, kind, told, last)
            stream.flush()
            os.fsync(stream.fileno())


def read_chain(path: Path) -> Chain:
    """The journal in a file; an empty one where there is none, and what does not fit is told, up to where it does not."""
    entries: list[Chained] = []
    previous = ""
    for number, line in enumerate(_lines(path), 1):
        try:
            told = parse(line)
            if told.pop("previous") != previous:
                return Chain(tuple(entries), f"line {number} does not follow the line before it")
            entry = Chained(number, told.pop("kind"), told, _digest(line))
            _check(entry)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Chain(tuple(entries), f"line {number} is no entry ({error})")
        entries.append(entry)
        previous = entry.digest
    return Chain(tuple(entries))


def _lines(path: Path) -> Iterator[bytes]:
    """The lines that have an end, without it; what has none was never finished."""
    if path.is_file():
        with path.open("rb") as stream:
            yield from (line[:-1] for line in stream if line.endswith(b"\n"))


def own_chain(root: Path) -> Chain:
    """The journal of a store."""
    return read_chain(root / FILE)


def other_chains(root: Path) -> tuple[Chain, ...]:
    """The journals that imports brought; one whose name is not the digest of its last line is broken."""
    found = []
    for path in sorted((root / OTHERS).glob("*.jsonl")):
        chain = read_chain(path)
        renamed = "" if chain.head == path.stem else "it does not end as it did when it was imported"
        found.append(Chain(chain.entries, chain.broken or renamed))
    return tuple(found)


def files(root: Path) -> list[Path]:
    """The journals of a store as files: its own, and those that imports brought."""
    return [path for path in (root / FILE, *sorted((root / OTHERS).glob("*.jsonl"))) if path.is_file()]


def check_whole(root: Path) -> None:
    """CorruptArtefact where a journal of a store is broken."""
    if broken := [one.broken for one in (own_chain(root), *other_chains(root)) if one.broken]:
        do = f"Nobody could import it. Without {FILE} and {OTHERS}/ records go out whose order nothing shows."
        raise CorruptArtefact(f"the journal is broken: {broken[0]}", where=str(root), do=do)


def changed(root: Path, keys: Iterable[str]) -> list[str]:
    """Those of the records that are not the ones which the store's journal tells of last; one that it does not tell of is let be."""
    told = own_chain(root).records
    return [key for key in keys if key in told and ids.read_digest(root / "steps" / key / RECORD) != told[key]]


def _check(entry: Chained) -> None:
    """ValueError, KeyError or TypeError for an entry that does not say what its kind says."""
    needed = {"plan": ("plan", "posted"), "look": ("plan", "done", "planned"), "step": ("key", "step", "record")}
    if entry.kind not in KINDS:
        raise ValueError(f"there is no entry {str(entry.kind)[:40]!r}")
    for name in needed.get(entry.kind, ()):
        if not isinstance(entry.told[name], int if name in ("done", "planned") else str):
            raise TypeError(f"{name} is of another type")
    if not all(ids.is_key(key) and isinstance(digest, str) for key, digest in entry.records.items()):
        raise TypeError("records are of another type")


def _finished(root: Path) -> dict[str, str]:
    """Digests of the records that stand in a store, by key."""
    return {path.parent.name: ids.read_digest(path) for path in sorted((root / "steps").glob(f"*/{RECORD}"))}


def _written(stream: Any, kind: str, told: Mapping[str, Any], last: bytes) -> bytes:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    value = {"kind": kind, "at": at, **told, "previous": _digest(last) if last else ""}
    line = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    stream.write(line + b"\n")
    return line


def _digest(line: bytes) -> str:
    return hashlib.blake2b(line, digest_size=32).hexdigest()


def _whole_bytes(stream: Any) -> int:
    """How many bytes of the file are lines that have an end."""
    end: int = stream.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _BLOCK)
        stream.seek(start)
        found = stream.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + int(found) + 1
        end = start
    return 0


def _last_line(stream: Any) -> bytes:
    """The last line without its end; nothing else of the file is read, so that adding costs the same however long it is."""
    end: int = stream.seek(0, os.SEEK_END)
    held, start = b"", max(end - 1, 0)
    while start:
        block = max(0, start - _BLOCK)
        stream.seek(block)
        held = stream.read(start - block) + held
        found = held.rfind(b"\n")
        if found >= 0:
            return bytes(held[found + 1 :])
        start = block
    return bytes(held)
