"""Names that become files, folders and addresses: one rule for all of them."""

from __future__ import annotations

import re

LONGEST = 80
RULE = f"letters (A-Z, a-z), digits, - and _, at most {LONGEST}, no - at either end"

HUB = "hub:"
"""Begins the name of an adapter in a repository of the Hub."""


def foreign(name: str) -> bool:
    """Whether a name is a repository's or a folder's, not a task's."""
    return name.startswith((HUB, ".", "/", "~")) or "/" in name


def slug(text: str) -> str:
    """A name made of another text, as RULE says and as `adapters` can hold it."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:LONGEST].strip("-") or "adapter"


def is_name(text: str) -> bool:
    """Whether the text is a name by RULE."""
    return text == slug(text)
