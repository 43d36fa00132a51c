"""What a published folder says of itself: claims, each taken only in the shape that it may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact, Refused
from adaptstilts.models.door.config import read_json
from adaptstilts.models.door.headers import read_text
from adaptstilts.store.records.numbers import AboveChance
from adaptstilts.tasks import TASKS

DESCRIPTION, SCHEMA = "adaptstilts.json", 1
"""The file that says of a published folder what it is, and the version of what it says."""

UNKNOWN = "unknown"
CARD = "README.md"


def description(stage: Path, where: str) -> dict[str, Any]:
    """What `adaptstilts.json` says, empty without one; Refused for a schema that is not known here."""
    if not (stage / DESCRIPTION).is_file():
        return {}
    told = read_json(stage / DESCRIPTION)
    if not isinstance(told.get("backbone", {}), dict):
        raise Refused(f"the field 'backbone' of {DESCRIPTION} is no object", where=where)
    if told.get("schema") != SCHEMA:
        what = f"{DESCRIPTION} is of schema {str(told.get('schema'))[:20]!r}; this version reads {SCHEMA}"
        raise Refused(what, where=where, do="Use the version of adaptstilts that it was published with.")
    return told


def task_told(told: Mapping[str, Any], name: str) -> str:
    """The task that it says it was trained on, if it is one that we know, else "unknown"."""
    claims = (told.get("task"), name)
    return next((claim for claim in claims if isinstance(claim, str) and claim in TASKS), UNKNOWN)


def scores_told(told: Mapping[str, Any]) -> dict[str, float]:
    """Scores as claimed: a few finite numbers with printable names."""
    found = told.get("scores")
    items = list(found.items())[:50] if isinstance(found, dict) else []
    return {k: float(v) for k, v in items if k.isprintable() and len(k) <= 60 and type(v) in (int, float)}


def above_chance_told(told: Mapping[str, Any]) -> AboveChance | None:
    """What it claims to beat chance by, if that can be read."""
    try:
        found = AboveChance.model_validate(told.get("above_chance"))
    except ValueError:
        return None
    return AboveChance(**{name: getattr(found, name) for name in AboveChance.model_fields})


def small(value: Any) -> Any:
    """A claim as it is, unless it is too long to keep."""
    return value if isinstance(value, dict) and len(ids.canonical(value)) <= 20_000 else {}


def licence_told(stage: Path, told: Mapping[str, Any]) -> str:
    """The licence that the description or the card's head states; Refused for a card that is no text."""
    found = told.get("licence")
    card = stage / CARD
    if card.is_file():
        try:
            text = read_text(card)
        except CorruptArtefact as error:
            raise Refused(error.what, where=CARD, do="Ask its owner to save the card as UTF-8.") from error
        stated = re.search(r"^licen[cs]e:[ \t]*([^\n]{1,80})$", text[:65536], re.MULTILINE)
        found = found or (stated[1].strip().strip("'\"") if stated else None)
    return found if isinstance(found, str) and found.isprintable() and len(found) <= 200 else "not stated"
