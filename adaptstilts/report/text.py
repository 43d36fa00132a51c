"""Values of records as text, as all pages write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def columns(names: Sequence[str], *settings: Sequence[str]) -> list[str]:
    """Headings of columns: names that stand there twice carry the first of the settings that sets them apart."""
    told = list(names)
    for setting in settings:
        told = [f"{name} {more}" if told.count(name) > 1 else name for name, more in zip(told, setting, strict=True)]
    return told


def said(value: Any) -> str:
    """A value of a record as text: words as they are, nothing as n/a, names before what they name, the rest as JSON."""
    if value is None:
        return "n/a"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {said(inner)}" for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return (", " if any(isinstance(inner, (list, tuple)) for inner in value) else " ").join(map(said, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
