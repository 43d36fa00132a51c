"""YAML that others wrote, read within bounds of size and depth, and only where it says one thing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from adaptstilts.bounds import JSON_DEPTH, TooDeep, check_depth
from adaptstilts.files import MARK

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # a PyYAML without libyaml: a tenth as fast
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

YAML_BYTES = 1 << 20
"""The card of XTREME, with 183 configurations, has a fortieth of this."""
NODES = 100_000
"""Values that a text may come to; what aliases repeat counts each time."""
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_FAULTS = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)
"""PyYAML's errors, and what a value that is not of its explicit tag makes it stumble over."""


class Loader(_SafeLoader):
    """PyYAML's safe loader, to which `1:30` and `0150` are texts and no numbers of base 60 and 8."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        return self.DEFAULT_SCALAR_TAG if tag in _NUMBERS and (":" in value or _OCTAL.fullmatch(value)) else tag


def load(text: str | bytes, loader: type[Loader] = Loader) -> Any:
    """What a YAML text says; ValueError for what is none, or too large, too deep, or says a key of a mapping twice."""
    try:
        text = (text if isinstance(text, str) else text.decode("utf-8")).removeprefix(MARK)
        _check(text)
        value = yaml.load(text, loader)
    except _FAULTS as error:
        raise ValueError(str(error) or type(error).__name__) from error
    check_depth(value)
    return value


@dataclass
class _Open:
    """A mapping or a list whose end has not come: its anchor, how many nodes came before it, the keys of a mapping."""

    anchor: str | None
    before: int
    is_mapping: bool
    keys: set[str] = field(default_factory=set)
    at_key: bool = True


def _check(text: str) -> None:
    """ValueError for a text beyond the bounds, told before anything is made of it."""
    if len(text) > YAML_BYTES or len(text.encode()) > YAML_BYTES:
        raise ValueError(f"more than the {YAML_BYTES:,} bytes that such a text may have")
    around: list[_Open] = []
    sizes: dict[str | None, int] = {}
    count = 0
    for event in yaml.parse(text, Loader=_SafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            ended = around.pop()
            if ended.anchor:
                sizes[ended.anchor] = count - ended.before
        elif isinstance(event, yaml.NodeEvent):
            _take_key(around, event)
            count += _size(event, around, sizes)
            if count > NODES:
                raise ValueError(f"more than the {NODES:,} values that such a text may come to{_place(event)}")
            if isinstance(event, yaml.CollectionStartEvent):
                around.append(_Open(event.anchor, count - 1, isinstance(event, yaml.MappingStartEvent)))
                if len(around) > JSON_DEPTH:
                    raise TooDeep(f"nested more than {JSON_DEPTH} deep")
            elif event.anchor and isinstance(event, yaml.ScalarEvent):
                sizes[event.anchor] = 1


def _size(event: Any, around: list[_Open], sizes: dict[str | None, int]) -> int:
    """How many values begin here: one, or all that an alias repeats."""
    if not isinstance(event, yaml.AliasEvent):
        return 1
    if any(event.anchor == one.anchor for one in around):
        raise ValueError(f"`*{event.anchor}` stands within itself{_place(event)}")
    return sizes.get(event.anchor, 1)


def _take_key(around: list[_Open], event: Any) -> None:
    """ValueError for a key that its mapping has already."""
    if not around or not around[-1].is_mapping:
        return
    mapping = around[-1]
    if mapping.at_key and isinstance(event, yaml.ScalarEvent):
        if event.value in mapping.keys:
            raise ValueError(f"{event.value[:80]!r} is there twice{_place(event)}")
        mapping.keys.add(event.value)
    mapping.at_key = not mapping.at_key


def _place(event: Any) -> str:
    return f" (line {event.start_mark.line + 1})"
