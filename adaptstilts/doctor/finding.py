"""One finding of an examination: how it stands, what was found, what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """`section` and `name` say what was looked at; `values` are the same facts for programs (sizes in bytes)."""

    section: str
    name: str
    level: Level
    what: str
    do: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def softened(self) -> Finding:
        """The same as no more than a warning: what nobody has asked for cannot be a problem."""
        return replace(self, level="warning") if self.level == "problem" else self
