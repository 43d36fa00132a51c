"""JSON that others wrote, read within bounds of size and depth, and only where it says one thing."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from adaptstilts.files import MARK

JSON_BYTES = 16 << 20
"""The index of the shards of a model of 10 billion parameters is a tenth of this."""
STORE_BYTES = 256 << 20
"""Of a file over a whole sweep or zoo: a cell of a manifest takes half a kilobyte."""
JSON_DEPTH = 32
VALUES, INNER = 5_000_000, 1 << 20
"""Commas, and lists and objects, of a JSON text: in memory a value may take thirty times its bytes. A tokenizer has half as many."""
SLACK, ROWS = 1000, 8
"""Rows that any table may have, and further ones for each of its bytes: what tells a row from others packs to no less than an eighth."""
_CONTAINERS = frozenset({dict, list})


class _NotFinite(ValueError):
    """A number that is none, or that no double holds."""


class TooDeep(ValueError):
    """Values nested deeper than anything that is read here."""


def read_json(path: Path, most: int = JSON_BYTES) -> Any:
    """`parse` of a file of at most so many bytes; ValueError, and OSError as the file system says."""
    return parse(read_bytes(path, most))


def read_bytes(path: Path, most: int = JSON_BYTES) -> bytes:
    """A file of at most so many bytes; ValueError for a larger one, OSError as the file system says."""
    with path.open("rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise ValueError(f"more than the {most:,} bytes that such a file may have")
    return content


def parse(text: str | bytes, depth: int = JSON_DEPTH, *, whole: bool = True, inner: int = INNER) -> Any:
    """JSON no deeper than `depth`, of few enough values; ValueError for any other, and for bytes that are not UTF-8.

    Nor is read what two readers could take for two things, or what cannot be written again: NaN, numbers beyond those of a
    double, one name twice in an object, halves of surrogate pairs (unless not `whole`: of rows each is looked at by itself, and
    there may be many).
    A byte order mark before it is let be.
    """
    text = (text if isinstance(text, str) else text.decode("utf-8")).removeprefix(MARK)
    if whole:
        check_values(text, inner)
    try:
        value = _DECODER.decode(text)
    except _NotFinite as error:
        raise ValueError(f"{_first_bad(text)}{error}") from error
    except RecursionError as error:
        raise TooDeep(f"nested more than {depth} deep") from error
    check_depth(value, depth)
    if whole and ("\\ud" in text or "\\uD" in text):
        json.dumps(value, ensure_ascii=False).encode()
    return value


def check_values(text: str, inner: int = INNER) -> None:
    """ValueError for a JSON text of more values, or more lists and objects, than stand in bounded memory; brackets in strings count."""
    if text.count(",") > VALUES or text.count("[") + text.count("{") > inner:
        raise ValueError(f"more than the {VALUES:,} values, or {inner:,} lists and objects, that such a file may have")


def check_rows(rows: int, size: int) -> None:
    """ValueError for a table of so many rows in so many bytes, where these cannot tell the rows apart."""
    if rows > SLACK + ROWS * size:
        raise ValueError(f"{rows:,} rows are more than a file of its size can tell apart")


def is_whole(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, which JSON may hold and nothing can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_depth(value: Any, depth: int = JSON_DEPTH) -> None:
    """TooDeep for lists and objects more than `depth` within each other."""
    level, deep = [value] if type(value) in _CONTAINERS else [], 0
    while level:
        if (deep := deep + 1) > depth:
            raise TooDeep(f"nested more than {depth} deep")
        inner = (part.values() if type(part) is dict else part for part in level)
        level = [item for items in inner for item in items if type(item) in _CONTAINERS]


def _first_bad(text: str) -> str:
    """Where the first number of a JSON text stands that is none, and a colon; empty where that cannot be told."""
    try:
        return _place_of(json.loads(text))
    except (ValueError, RecursionError):
        return ""


def _place_of(value: Any, place: str = "") -> str:
    """The path to the first number in a value that is not finite, and a colon."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{place[1:81]}: " if place else ""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next((found for name, item in items if (found := _place_of(item, f"{place}.{name}"))), "")


def _no_constant(name: str) -> None:
    raise _NotFinite(f"{name} is no number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _NotFinite(f"{digits[:40]} is too large a number")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = Counter(name for name, _ in pairs)
        raise ValueError(f"{names.most_common(1)[0][0][:80]!r} is there twice")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once)
