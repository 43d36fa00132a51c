"""Identity: canonical JSON, digests of it, keys by their first letters, and random numbers that depend on nothing but what is done."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from adaptstilts.errors import InputError, UnknownName

KEY_LENGTH = 16
SHORTEST = 4
"""So many letters of a key name it where no other begins with them."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """Turn dataclasses, tuples and sets into JSON values; raise TypeError for anything without one fixed spelling."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(v) for v in value)
    raise TypeError(f"{type(value).__name__} has no canonical spelling")


def canonical(value: Any) -> str:
    """One spelling for one value: sorted keys, no blanks, UTF-8 letters kept; NaN and infinities are refused (ValueError)."""
    return _CANONICAL.encode(plain(value))


def digest(value: Any) -> str:
    """16 hex digits of the canonical JSON's BLAKE2b; 64 bits keep a million keys apart with odds of 3e-8 for a clash."""
    return spelt_digest(canonical(value))


def spelt_digest(text: str) -> str:
    """`digest` of the value whose canonical JSON `text` is."""
    return hashlib.blake2b(text.encode(), digest_size=KEY_LENGTH // 2).hexdigest()


def files_digest(paths: list[Path]) -> str:
    """32 hex digits over the names and bytes of files, in name order: the identity of an artefact on disk."""
    total = hashlib.blake2b(digest_size=16)
    for path in sorted(paths, key=lambda p: p.name):
        content = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        total.update(f"{path.name}\0{content}\n".encode())
    return total.hexdigest()


def is_key(text: str) -> bool:
    """Whether a text is the key of a step: so many hex digits."""
    return re.fullmatch(rf"[0-9a-f]{{{KEY_LENGTH}}}", text) is not None


def beginning(name: str, keys: Iterable[str], least: int = SHORTEST) -> list[str]:
    """The keys that begin with `name`; none for a name of fewer than `least` letters."""
    return [key for key in keys if len(name) >= least and key.startswith(name)]


def key_named(
    name: str,
    keys: Iterable[str],
    kind: str,
    *,
    known: Iterable[str] | None = None,
    least: int = SHORTEST,
    where: str = "",
    do: str = "",
) -> str:
    """The one key that begins with `name`, or with the last part of a path.

    Raises InputError where several do, UnknownName where none does, with suggestions from `known` (the keys themselves unless given).
    """
    every, wanted = tuple(keys), name.rstrip("/").rsplit("/", 1)[-1]
    found = beginning(wanted, every, least)
    if len(found) > 1:
        what = f"{len(found)} {kind.split()[-1]}s begin with {wanted!r}"
        raise InputError(what, where=where, do=f"They are {', '.join(sorted(found)[:20])}.")
    if not found:
        raise UnknownName(kind, name, every if known is None else known, where=where, do=do)
    return found[0]


def file_digest(path: Path) -> str:
    """32 hex digits over one file's bytes, read once per process and state of the file; empty if there is no file."""
    try:
        state = path.stat()
    except OSError:
        return ""
    return _content(str(path), state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _content(path: str, size: int, modified: int) -> str:
    return read_digest(Path(path))


def read_digest(path: Path) -> str:
    """32 hex digits over one file's bytes as they are now, read in pieces, for weights are large; OSError."""
    total = hashlib.blake2b(digest_size=16)
    with path.open("rb") as stream:
        while piece := stream.read(1 << 22):
            total.update(piece)
    return total.hexdigest()


def rng_for(*parts: str | int) -> random.Random:
    """A generator that is a pure function of `parts`, the same in every process, order and platform."""
    seed = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return random.Random(int.from_bytes(seed, "big"))
