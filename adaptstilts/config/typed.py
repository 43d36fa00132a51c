"""Settings laid over a config: what was said last wins, also over what would stand above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adaptstilts.config.sections import Config
from adaptstilts.config.tree import LENGTHS, Written, opened, put

TRAININGS = ("intermediate", "transfer")
"""Sections whose `tasks` say what single tasks do otherwise."""


def put_text(tree: dict[str, Any], text: str) -> list[str]:
    """Put the value of `a.b=value` into the tree as it is written; what is wrong with it."""
    key, equals, raw = text.partition("=")
    if not equals or not key:
        return [f"{text!r} is not key=value"]
    return put_typed(tree, key.strip(), Written(raw))


def put_typed(tree: dict[str, Any], key: str, value: Any) -> list[str]:
    """Put a value at a dotted key, and take out what it would lose against; what is wrong with that.

    A setting of `transfer.recipe`, or `transfer.rows`, replaces what `transfer.tasks` says of the same for single tasks, and
    `steps` replace `epochs`, and back.
    """
    if problems := put(tree, key, value):
        return problems
    section, *place = key.split(".")
    _give_way(tree, section, place, value)
    return []


def give_way(tree: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The tree without what the tree `own`, which is to be laid over it, would lose against."""
    for section in TRAININGS:
        for name, value in (opened(own, section) or {}).items():
            _give_way(tree, section, [str(name)], value)
    return tree


def _give_way(tree: dict[str, Any], section: str, place: list[str], value: Any) -> None:
    """Take out of a section's single tasks what a value put at this place of it stands for."""
    if section not in TRAININGS:
        return
    replaced = set(_replacing(place, value))
    for name in opened(opened(tree, section) or {}, "tasks") or {}:
        own = opened(tree[section]["tasks"], name) or {}
        for setting in replaced & own.keys():
            del own[setting]


def outdone(config: Config, settings: Iterable[str]) -> Iterator[str]:
    """Which typed settings of a recipe (`key=value`) fine-tuning the whole encoder does not follow, and what it follows."""
    for text in settings:
        section, _, name = text.partition("=")[0].strip().rpartition(".recipe.")
        own = getattr(config.full, name, None) if section in TRAININGS else None
        if own is not None:
            yield f"{section}.recipe.{name}: the whole encoder is trained with full.{name}, {own}, which stands above it"


def _replacing(place: list[str], value: Any) -> Iterator[str]:
    """The settings of single tasks that a value put at this place of a section stands for."""
    known = value.opened if isinstance(value, Written) else value
    if place == ["rows"]:
        yield "rows"
    elif place == ["recipe"] and isinstance(known, Mapping):
        for name, inner in known.items():
            yield from _replacing(["recipe", str(name)], inner)
    elif len(place) == 2 and place[0] == "recipe":
        if place[1] not in LENGTHS:
            yield place[1]
        elif known is not None and not (isinstance(known, Written) and known.is_null):
            yield from LENGTHS
