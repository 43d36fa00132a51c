"""A declaration as Python text, and a new file that takes nobody's place."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from adaptstilts.bounds import is_whole
from adaptstilts.errors import InputError
from adaptstilts.files import write_whole
from adaptstilts.names import RULE, is_name

WIDTH = 110


class Name(str):
    """A text that stands in a declaration as it is: something's name there."""

    __slots__ = ()


def check_name(noun: str, name: str, taken: Container[str]) -> None:
    """InputError for a name that can be no file's, or that something has already."""
    if not is_name(name):
        raise InputError(f"{name[:99]!r} can be no {noun}'s name", do=f"A name has {RULE}.")
    if name in taken:
        raise InputError(f"{name!r} is the name of something already", do=f"Choose another: `adaptstilts show {name}`.")


def write_new(place: Path | None, default: str, text: str, *, force: bool) -> Path:
    """Write the text to a file, or below a folder under its default name; InputError where one stands there, unless forced."""
    path = Path(default) if place is None else place / default if place.is_dir() else place
    if path.exists() and not force:
        raise InputError("there is a file here already", where=str(path), do="Name another with --to, or say --force.")
    return write_whole(path, text)


def call(noun: str, fields: Mapping[str, Any]) -> str:
    """`noun = Noun(…)`, a line a field; what is empty is left out."""
    lines = [
        f"    {name}={literal(value)},\n" for name, value in fields.items() if value not in ("", (), {}, False, None)
    ]
    return f"{noun} = {noun.title()}(\n{''.join(lines)})\n"


def literal(value: Any) -> str:
    """A text, number, tuple or mapping as Python writes it."""
    if isinstance(value, tuple):
        return _listed("(", [literal(item) for item in value], ",)" if len(value) == 1 else ")")
    if isinstance(value, dict):
        return _listed("{", [f"{literal(key)}: {literal(item)}" for key, item in value.items()], "}")
    if isinstance(value, Name):
        return str(value)
    return json.dumps(value, ensure_ascii=not is_whole(value)) if isinstance(value, str) else repr(value)


def _listed(opening: str, items: list[str], closing: str) -> str:
    """Items on one line, or where that is long on several."""
    flat = f"{opening}{', '.join(items)}{closing}"
    if len(flat) <= WIDTH:
        return flat
    lines, line = [], ""
    for item in items:
        if line and len(line) + len(item) + 2 > WIDTH:
            lines.append(line)
            line = ""
        line += f"{' ' if line else ''}{item},"
    return "\n        ".join([opening, *lines, line]) + f"\n    {closing.lstrip(',')}"
