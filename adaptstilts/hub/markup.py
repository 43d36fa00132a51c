"""Text of others inside a card: shown as it is, never read as markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARKUP = re.compile(r"[^\w .,;%/=→()-]", re.ASCII)
"""Parentheses make links only after brackets, which are entities."""
_OUTER = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""An underscore that is not between two letters or digits; inside a word it marks nothing."""


def shown(value: object) -> str:
    """A value on one line of Markdown, in a table, a heading and a list: what could be markup or a link is a character entity.

    Letters of all scripts stay as they are; control characters, also those that turn the direction of writing, are gone.
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    text = _MARKUP.sub(lambda found: found[0] if found[0].isalnum() else f"&#{ord(found[0])};", text)
    return _OUTER.sub("&#95;", text).replace("www.", "www&#46;").replace("--", "-&#45;")


def fenced(text: str, language: str = "") -> str:
    """A block of code whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def grid(headings: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [[shown(cell) for cell in line] for line in (headings, *rows)]
    rule = ["---"] * len(headings)
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))
