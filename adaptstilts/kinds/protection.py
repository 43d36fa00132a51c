"""The character ranges of a text that no attack may touch, whatever the task."""

from __future__ import annotations

import re
from collections.abc import Iterable

Range = tuple[int, int]

_FIXED = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+|\S+@\S+\.\S+|\d+", re.IGNORECASE)


def protected(text: str, more: Iterable[Range] = ()) -> tuple[Range, ...]:
    """Digits of every script, URLs and mail addresses, and `more`: sorted, merged, inside the text."""
    found = sorted([*(match.span() for match in _FIXED.finditer(text)), *more])
    merged: list[Range] = []
    for start, end in found:
        start, end = max(start, 0), min(end, len(text))
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def occurrences(text: str, part: str) -> list[Range]:
    """Every place where `part` stands in `text`, overlapping ones too."""
    found = []
    start = text.find(part) if part else -1
    while start >= 0:
        found.append((start, start + len(part)))
        start = text.find(part, start + 1)
    return found


def whole(text: str) -> tuple[Range, ...]:
    """All of it."""
    return ((0, len(text)),) if text else ()
