"""The rules in a `tokenizer.json`, held against bounds: text may not grow beyond measure on its way through them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adaptstilts.errors import CorruptArtefact, Refused

GROWTH = 64
"""How many times as long a text may become; the published tokenizers of these families write one letter for several."""
STAGES = 32
"""Rules in one file; XLM-R has four."""
WRITING = {"Replace": "content", "Prepend": "prepend", "Append": "append"}
PATTERN = 400
"""Characters of a regular expression; those of published tokenizers have up to 200."""
_REPEATED_GROUP = re.compile(r"(?<!\\)\)[*+{]")
"""What an expression needs for its search to take time exponential in the text."""


def check_rules(found: Mapping[str, Any], path: Path) -> None:
    """Refused for rules that would make a short text a very long one ("billion laughs"), or would never be done with it."""
    stages = [rule for part in ("normalizer", "pre_tokenizer", "decoder") for rule in _rules(found.get(part))]
    if len(stages) > STAGES:
        raise Refused(f"{len(stages)} rules, where {STAGES} are the most that a tokenizer may have", where=str(path))
    for rule in stages:
        pattern = _expression(rule) or ""
        if len(pattern) > PATTERN or _REPEATED_GROUP.search(pattern):
            what = f"the expression {pattern[:80]!r} is too long, or repeats a group: its search may never end"
            raise Refused(what, where=str(path))
    growth = math.prod(map(_growth, stages))
    if growth > GROWTH:
        raise Refused(f"its rules could make a text {growth:,} times as long", where=str(path))


def _expression(rule: Mapping[str, Any]) -> str | None:
    """A rule's regular expression, which may be the empty one; None if it has none."""
    pattern = rule.get("pattern")
    return str(pattern["Regex"]) if isinstance(pattern, Mapping) and "Regex" in pattern else None


def _growth(rule: Mapping[str, Any]) -> int:
    """How many times as long a rule can make a text; an expression may match between letters, and leave them."""
    written = len(str(rule.get(WRITING.get(str(rule["type"]), ""), "")))
    return written + 1 if written and _expression(rule) is not None else max(1, written)


@contextmanager
def panics_as_errors(path: Path) -> Iterator[None]:
    """CorruptArtefact for whatever `tokenizers` raises over a file: plain Exception, and panics, which are no Exception."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        do = "Fetch the file again."
        raise CorruptArtefact(f"not readable as a tokenizer ({error})", where=str(path), do=do) from error


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
