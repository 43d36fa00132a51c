"""Text as a terminal may have it: what would move its cursor, colour it or turn its letters about is spelt out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_CONTROLS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""But tabs and ends of lines; embeddings and overrides of direction, which no text of a language needs; halves of letters."""


def printable(text: str) -> str:
    """The text with controls as `\\u001b`, which in JSON means the same."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Printable:
    """What rich draws, its text made printable."""

    def __init__(self, drawn: Any) -> None:
        self._drawn = drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._drawn, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))
