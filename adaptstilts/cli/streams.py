"""Standard streams that outlast their readers: work goes on when nobody reads it, and ends with the code that is its own."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import Any, TextIO

SIGNS = {
    "→": "->", "…": "...", "–": "-", "—": "-", "−": "-", "·": "*", "±": "+/-", "×": "x", "“": '"', "”": '"', "’": "'", "≤": "<=", "≥": ">=",
}  # fmt: skip
"""Signs that our own words have, and what ASCII has for them."""


class _Enduring(io.FileIO):
    """A descriptor to which nothing more is written once nobody reads it, or, for talk, once a write failed for any reason."""

    def __init__(self, descriptor: int, *, talk: bool) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._talk = talk

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except OSError as error:
            if error.errno != errno.EPIPE and not self._talk:
                raise
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())  # so that what this process starts writes there too
            os.close(null)
            return len(content)


def enduring(descriptor: int, *, encoding: str, by_line: bool, talk: bool = False) -> TextIO:
    """A text stream to a descriptor that outlasts its reader; for letters that the encoding lacks others stand in (`substituted`)."""
    codecs.register_error(substituted.__name__, substituted)
    stream = io.BufferedWriter(_Enduring(descriptor, talk=talk))
    return io.TextIOWrapper(stream, encoding=encoding, errors=substituted.__name__, line_buffering=by_line)


def substituted(error: UnicodeError) -> tuple[str | bytes, int]:
    """What stands in for letters that an encoding lacks: signs of our own as ASCII has them, all others by their codes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(SIGNS.get(c) or c.encode("ascii", "backslashreplace").decode() for c in letters), error.end


def whole_unicode(stream: TextIO) -> bool:
    """Whether every letter can be written to a stream as it is."""
    return (stream.encoding or "").lower().replace("-", "").replace("_", "").startswith("utf")


def endure() -> None:
    """Let this process's standard streams outlast their readers; one that is closed takes everything and gives nothing."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)  # it gets the lowest free number: the stream's own
            os.set_inheritable(null, True)
            setattr(sys, name, os.fdopen(null, "r" if name == "stdin" else "w", encoding="utf-8"))
    for name, talk in (("stdout", False), ("stderr", True)):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__"):
            stream.flush()
            by_line = talk or stream.isatty()
            setattr(sys, name, enduring(stream.fileno(), encoding=stream.encoding, by_line=by_line, talk=talk))
