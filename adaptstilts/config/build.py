"""Plain values made into what is declared; all that is wrong with them is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from adaptstilts.config.declared import hints, setting_at
from adaptstilts.errors import ConfigError
from adaptstilts.settings import Section

S = TypeVar("S", bound=Section)
Place = tuple[Any, ...]
"""Names of keys, and numbers of items in lists."""


def build(shape: type[S], tree: Mapping[str, Any], where: str, problems: Iterable[str] = ()) -> S:
    """The section of plain values; ConfigError lists `problems`, every unknown key and every value that cannot be.

    Rules over several values are told where each of these is right by itself.
    """
    import pydantic

    found, wrong, adapter = list(problems), set[Place](), pydantic.TypeAdapter(shape)
    section: S | None
    try:
        section = adapter.validate_python(dict(tree))
    except pydantic.ValidationError as error:
        details = error.errors()
        found += [_explain(shape, detail["type"], detail["loc"], detail["msg"], detail["input"]) for detail in details]
        wrong = {detail["loc"] for detail in details}
        absent = {detail["loc"][:-1] for detail in details if detail["type"] == "missing"}
        try:
            section = adapter.validate_python(_without(tree, wrong | absent))
        except pydantic.ValidationError:
            section = None
    if section is not None:
        broken = {place[:end] for place in wrong for end in range(1, len(place) + 1)}
        found += [f"{'.'.join(map(str, place))}: {said}" for place, said in _broken(section) if place not in broken]
    if found or section is None:
        raise ConfigError(where, found)
    return section


def _without(node: Any, wrong: set[Place], place: Place = ()) -> Any:
    """Plain values without those at the `wrong` places, so that the rest can be looked at too."""
    if isinstance(node, Mapping):
        return {k: _without(v, wrong, (*place, k)) for k, v in node.items() if (*place, k) not in wrong}
    if isinstance(node, list | tuple):
        return [_without(v, wrong, (*place, i)) for i, v in enumerate(node) if (*place, i) not in wrong]
    return node


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
    spelt = ".".join(map(str, place))
    if fault == "unexpected_keyword_argument":
        known = list(hints(setting_at(shape, place[:-1]).kind))
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        return f"{spelt}: unknown key; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}")
    if fault.startswith(("greater_than", "less_than")):
        setting = setting_at(shape, place)
        number = setting.kind(given)
        if isinstance(place[-1], int):
            return f"{spelt.rpartition('.')[0]}: {number} is not {setting.bounds}"
        return f"{spelt}: must be {setting.bounds} (got {number})"
    return f"{spelt}: {said[0].lower()}{said[1:]} (got {given!r})"
