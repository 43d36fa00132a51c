"""Licences as the Hub spells them, made from how data sets state theirs."""

from __future__ import annotations

import re

KNOWN = (
    "apache-2.0",
    "mit",
    "cc-by-nc-sa-4.0",
    "cc-by-nc-4.0",
    "cc-by-sa-4.0",
    "cc-by-sa-3.0",
    "cc-by-4.0",
    "cc-by-2.0",
    "cc0-1.0",
    "afl-3.0",
)
SHORT = {"apache-2": "apache-2.0", "cc0": "cc0-1.0"}


def licence_fields(stated: str) -> dict[str, str]:
    """The card's fields for a licence: the Hub's id where the words are exactly one it knows, else `other` and the words."""
    words = stated.strip().lower().replace(" ", "-")
    if SHORT.get(words, words) in KNOWN:
        return {"license": SHORT.get(words, words)}
    name = re.sub(r"[^a-z0-9.]+", "-", stated.lower()).strip("-")[:60] or "not-stated"
    return {"license": "other", "license_name": name}
