"""How steps are spelt: only what is not at its default, in canonical JSON, and the key that is its digest."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Any, cast

from adaptstilts import ids
from adaptstilts.bounds import parse


def key_of(kind: str, step: Any) -> str:
    """The digest of a step's kind and differences, whose canonical JSON is put together from pieces.

    Steps of a sweep have most pieces in common, so that ten thousand keys take a fraction of a second.
    """
    pieces = {"step": _piece(kind)} | {name: _piece(value) for name, value in _changed(step)}
    return ids.spelt_digest("{" + ",".join(f'"{name}":{pieces[name]}' for name in sorted(pieces)) + "}")


def _piece(value: Any) -> str:
    """The canonical JSON of one field; texts, and lists of them, are spelt once."""
    items = value if isinstance(value, tuple) else (value,)
    return _known_piece(value) if all(isinstance(item, str) for item in items) else ids.canonical(_spelt(value))


@lru_cache(maxsize=8192)
def _known_piece(value: str | tuple[str, ...]) -> str:
    return ids.canonical(_spelt(value))


def differences(value: Any) -> dict[str, Any]:
    """The fields of a frozen dataclass that are not at their defaults, as JSON values; steps in them as their keys."""
    return {name: _spelt(now) for name, now in _changed(value)}


def _changed(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a frozen dataclass that are not at their defaults."""
    for name, default in _defaults(cast(Hashable, type(value))):
        now = getattr(value, name)
        if now != default:
            yield name, now


@lru_cache(maxsize=64)
def _defaults(shape: Hashable) -> tuple[tuple[str, Any], ...]:
    """Names and defaults of a dataclass's fields; MISSING, which equals no value, where there is none."""
    return tuple(
        (f.name, f.default if f.default_factory is dataclasses.MISSING else f.default_factory())
        for f in dataclasses.fields(cast(Any, shape))
    )


def _spelt(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if hasattr(type(value), "key"):  # a step
            return cast(Any, value).key
        return differences(value)
    if isinstance(value, tuple):
        return [_spelt(item) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        return parse(value)
    return value
