"""The rules in a `tokenizer.json`, held against bounds: text may not grow beyond measure on its way through them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adaptstilts.errors import Refused

GROWTH = 64
"""How many times as long a text may become; the published tokenizers of these families write one letter for several."""
STAGES = 32
"""Rules in one file; XLM-R has four."""
WRITING = {"Replace": "content", "Prepend": "prepend", "Append": "append"}


def check_rules(found: Mapping[str, Any], path: Path) -> None:
    """Refused for rules that would make a short text a very long one ("billion laughs"), or for very many rules."""
    stages = [rule for part in ("normalizer", "pre_tokenizer", "decoder") for rule in _rules(found.get(part))]
    if len(stages) > STAGES:
        raise Refused(f"{len(stages)} rules, where {STAGES} are the most that a tokenizer may have", where=str(path))
    written = [str(rule.get(WRITING[rule["type"]], "")) for rule in stages if rule.get("type") in WRITING]
    growth = math.prod(max(1, len(text)) for text in written)
    if growth > GROWTH:
        raise Refused(f"its rules could make a text {growth:,} times as long", where=str(path))


def _rules(node: Any) -> Iterator[Mapping[str, Any]]:
    """A rule and all rules inside it."""
    if isinstance(node, Mapping):
        if isinstance(node.get("type"), str):
            yield node
        for value in node.values():
            yield from _rules(value)
    elif isinstance(node, list):
        for value in node:
            yield from _rules(value)
