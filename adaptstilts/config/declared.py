"""What declarations say of settings: type, bounds, default and meaning, read from the annotations of sections."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass
from functools import cached_property, lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from typing_extensions import Doc

from adaptstilts.settings import MOST


@dataclass(frozen=True)
class Bounds:
    """The least and the most that a number may be (None: no such bound); `above` and `below` leave out these themselves.

    What bounds every whole number (`settings.MOST`) is none here.
    """

    least: float | None
    most: float | None
    above: bool
    below: bool

    def __str__(self) -> str:
        if self.most is None:
            return "" if self.least is None else f"{'above' if self.above else 'at least'} {self.least}"
        if self.above or self.below:
            return f"in {'(' if self.above else '['}{self.least}, {self.most}{')' if self.below else ']'}"
        return f"within {self.least} and {self.most}"


@dataclass(frozen=True)
class Setting:
    """One setting as it is declared: dotted key, annotation, default (MISSING: it must be set)."""

    key: str
    hint: Any
    default: Any

    @cached_property
    def _opened(self) -> tuple[Any, list[Any]]:
        """The type without notes and None, and the notes."""
        hint, notes = self.hint, []
        while (origin := get_origin(hint)) in (Annotated, Union, UnionType):
            first, *others = get_args(hint)
            hint = first if origin is Annotated or first is not NoneType else others[0]
            notes += others if origin is Annotated else []
        return hint, notes

    @property
    def kind(self) -> Any:
        """The type of values that are not None."""
        return self._opened[0]

    @property
    def nullable(self) -> bool:
        """Whether None is a value."""
        hint = self.hint
        while get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        return NoneType in get_args(hint)

    @property
    def is_text(self) -> bool:
        """Whether its values are texts, any or some."""
        names = get_args(self.kind) if get_origin(self.kind) is Literal else ()
        return self.kind is str or (bool(names) and all(isinstance(name, str) for name in names))

    @property
    def is_section(self) -> bool:
        """Whether it holds further settings by name."""
        return dataclasses.is_dataclass(self.kind)

    @property
    def doc(self) -> str:
        """What the setting means, in a sentence; empty for a section that says so of its own fields."""
        return next((note.documentation for note in self._opened[1] if isinstance(note, Doc)), "")

    @property
    def bounds(self) -> Bounds:
        """What a number must lie in."""
        names = ("ge", "gt", "le", "lt")
        said = {name: getattr(note, name) for note in self._opened[1] for name in names if hasattr(note, name)}
        told = (said.get("gt", said.get("ge")), said.get("lt", said.get("le")))
        least, most = (None if bound in (-MOST, MOST) else bound for bound in told)
        return Bounds(least, most, above="gt" in said, below="lt" in said)

    @property
    def inner(self) -> Setting:
        """How each item of a list, or each value of a mapping, is declared."""
        return Setting(self.key, next(kind for kind in reversed(get_args(self.kind)) if kind is not Ellipsis), MISSING)


@lru_cache
def hints(section: type) -> dict[str, Any]:
    """The annotations of a section's fields, by name, in order."""
    found = get_type_hints(section, include_extras=True)
    return {field.name: found[field.name] for field in dataclasses.fields(section)}


def settings_of(section: type, within: str = "") -> Iterator[Setting]:
    """Every setting of a section, in order; for a part of it that has no words of its own, that part's settings."""
    for name in hints(section):
        setting = _field(section, name, f"{within}{name}")
        if setting.is_section and not setting.doc:
            yield from settings_of(setting.kind, f"{setting.key}.")
        else:
            yield setting


def _field(section: type, name: str, key: str) -> Setting:
    """The setting that a field of a section declares; KeyError where there is no such field."""
    field = {field.name: field for field in dataclasses.fields(section)}[name]
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return Setting(key, hints(section)[name], default)


def setting_at(section: type, path: Sequence[Any]) -> Setting:
    """The setting that lies at these names (and places in lists) below a section; KeyError where nothing is declared."""
    found = Setting("", section, MISSING)
    for part in path:
        found = _field(found.kind, part, part) if found.is_section else found.inner
    return dataclasses.replace(found, key=".".join(map(str, path)))
