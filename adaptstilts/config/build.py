"""Plain values made into what is declared; all that is wrong with them is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING
from typing import Any, TypeVar

from adaptstilts.config.declared import hints, setting_at
from adaptstilts.config.tree import Written
from adaptstilts.errors import ConfigError, redact
from adaptstilts.settings import MOST, Section

S = TypeVar("S", bound=Section)
Place = tuple[Any, ...]
"""Names of keys, and numbers of items in lists."""


def build(
    shape: type[S], tree: Mapping[str, Any], where: str, problems: Iterable[str] = (),
    further: Callable[[S], Iterable[tuple[str, str]]] = lambda section: (),
) -> S:  # fmt: skip
    """The section of plain values; ConfigError lists `problems`, every unknown key and every value that cannot be.

    `further` are rules that the section cannot know, told as its own `problems` are.

    Rules over several values are told too, but for those at or below a value that is wrong by itself.
    """
    import pydantic

    found, wrong, adapter = list(problems), dict[Place, Any](), pydantic.TypeAdapter(shape)
    tree = _as_declared(shape, tree, (), found)
    found += _secrets(tree)
    section: S | None
    try:
        section = adapter.validate_python(dict(tree))
    except pydantic.ValidationError as error:
        details = error.errors()
        found += [_explain(shape, detail["type"], detail["loc"], detail["msg"], detail["input"]) for detail in details]
        wrong = {detail["loc"]: _stand_in(shape, detail["type"], detail["loc"]) for detail in details}
        wrong |= {detail["loc"][:-1]: None for detail in details if detail["type"] == "missing"}
        try:
            section = adapter.validate_python(_mended(tree, wrong))
        except pydantic.ValidationError:
            section = None
    if section is not None:
        lost = {_setting(place) for place in wrong}
        others = [(tuple(field.split(".")), said) for field, said in further(section)]
        told = [(place, said) for place, said in (*_broken(section), *others) if not lost & set(_around(place))]
        found += [f"{'.'.join(map(str, place))}: {said}" for place, said in told]
    if found or section is None:
        raise ConfigError(where, found)
    return section


def _as_declared(shape: type[S], node: Any, place: Place, problems: list[str]) -> Any:
    """The values with what is `Written` in them made into what the setting at its place is: the text, or what YAML says."""
    if isinstance(node, Mapping):
        return {key: _as_declared(shape, value, (*place, key), problems) for key, value in node.items()}
    if isinstance(node, list):
        return [_as_declared(shape, value, (*place, number), problems) for number, value in enumerate(node)]
    if not isinstance(node, Written):
        return node
    try:
        setting = setting_at(shape, place)
    except (KeyError, StopIteration):  # nothing is declared there
        return str(node)
    if setting.is_text and not (setting.nullable and node.is_null):
        return node.text
    try:
        value = node.value
        if isinstance(value, bool) and setting.kind in (int, float):  # which pydantic would count as 0 and 1
            return str(node)
        return _as_declared(shape, value, place, problems)
    except ValueError as error:
        problems.append(f"{'.'.join(map(str, place))}: {error}")
        return setting.default


def _secrets(node: Any, place: Place = ()) -> Iterator[str]:
    """The texts that hold a password or a token: all settings stand in records, plans and pages."""
    if isinstance(node, str) and redact(node) != node:
        yield f"{'.'.join(map(str, place))}: holds a password or a token, which every record would tell; leave it out"
    inner = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, (list, tuple)) else ()
    for name, value in inner:
        yield from _secrets(value, (*place, name))


def _stand_in(shape: type[S], fault: str, place: Place) -> Any:
    """A number in place of a wrong one whose absence would mean something, within any bounds; None: leave it out."""
    if fault == "unexpected_keyword_argument" or place[-1] == "[key]":
        return None
    setting = setting_at(shape, place)
    return {int: 1, float: 0.5}.get(setting.kind) if setting.default in (None, MISSING) else None


def _mended(node: Any, wrong: Mapping[Place, Any], place: Place = ()) -> Any:
    """Plain values with stand-ins at the `wrong` places, or without these, so that the rest can be looked at too."""
    if place in wrong:
        return wrong[place]
    if isinstance(node, Mapping):
        parts = {k: _mended(v, wrong, (*place, k)) for k, v in node.items()}
        return {k: v for k, v in parts.items() if v is not None or (*place, k) not in wrong}
    if isinstance(node, list | tuple):
        items = [_mended(v, wrong, (*place, i)) for i, v in enumerate(node)]
        return [v for i, v in enumerate(items) if v is not None or (*place, i) not in wrong]
    return node


def _setting(place: Place) -> Place:
    """Where the setting is that holds an item of a list, at any depth."""
    return _setting(place[:-1]) if place and isinstance(place[-1], int) else place


def _around(place: Place) -> Iterator[Place]:
    """The place itself and all that it lies in."""
    return (place[:end] for end in range(1, len(place) + 1))


def _broken(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """The rules that sections break, those of sections in them included: where, and what it is."""
    parts: Mapping[Any, Any] = {}
    if isinstance(value, Section):
        yield from (((*place, *field.split(".")) if field else place, said) for field, said in value.problems())
        parts = vars(value)
    elif isinstance(value, Mapping):
        parts = value
    elif isinstance(value, tuple):
        parts = dict(enumerate(value))
    for name, part in parts.items():
        yield from _broken(part, (*place, name))


def _explain(shape: type[S], fault: str, place: Sequence[int | str], said: str, given: Any) -> str:
    """What pydantic calls `fault` and says of the value `given` at a place, in our words."""
    import pydantic

    spelt = ".".join(map(str, place))
    if fault == "unexpected_keyword_argument":
        known = list(hints(setting_at(shape, place[:-1]).kind))
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        return f"{spelt}: unknown key; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}")
    if fault.startswith(("greater_than", "less_than")):
        setting = setting_at(shape, place)
        number = pydantic.TypeAdapter(setting.kind).validate_python(given)  # "0.0" too
        if abs(number) > MOST and setting.kind is int:
            return f"{spelt}: beyond {MOST:,}, the largest number that is counted to"
        if isinstance(place[-1], int):
            return f"{spelt.rpartition('.')[0]}: {number} is not {setting.bounds}"
        return f"{spelt}: must be {setting.bounds} (got {number})"
    return f"{spelt}: {said[0].lower()}{said[1:]} (got {given!r})"
