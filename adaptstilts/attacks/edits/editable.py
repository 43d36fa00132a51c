"""A field laid out for edits: its clusters, the words among them that may change, and the text after rewrites."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate

import regex

from adaptstilts.attacks.text.graphemes import Rewrite, Run, clusters, rewritten, runs
from adaptstilts.attacks.text.scripts import manner_of
from adaptstilts.kinds.kind import Edited, Field

CHOICES = "choices"
"""The group whose fields get equally many edits instead of equal ones."""

_ADDRESS = regex.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+|[@#]\w+")
_NUMBER = regex.compile(r"\p{N}")


class EditableField:
    """One field: its `raw` clusters as published, `pieces` the same in NFC but for protected ranges, `locked` where all must stay.

    Edits are chosen by `pieces`, so that two spellings of a text are edited alike, and made on `raw`: what is not edited stays
    as it was, byte for byte.
    """

    def __init__(self, field: Field) -> None:
        self.field = field
        self.raw = clusters(field.text)
        within = _touched(self.raw, field.protected)
        self.pieces = _in_nfc(self.raw, within)
        self.composed = self.pieces == self.raw
        self.runs = [run for run in runs(self.pieces) if not self._beside_number(run)]
        self.locked = _widened(within)
        addresses = [m.span() for m in _ADDRESS.finditer(field.text)]
        if addresses:
            hits = _touched(self.raw, addresses)
            self.locked = [held or hit for held, hit in zip(self.locked, hits, strict=True)]

    def words(self, *, tiled: bool) -> list[tuple[Run, int, int]]:
        """The spots that may change: whole words, or windows of an unspaced run, side by side if `tiled`."""
        found = []
        for run in self.runs:
            manner = manner_of(run.script)
            if run.end - run.start < manner.shortest:
                continue
            width = manner.window or run.end - run.start
            step = width if tiled or not manner.window else 1
            starts = range(run.start, run.end - width + 1, step)
            found += [(run, s, s + width) for s in starts if not any(self.locked[s : s + width])]
        return found

    def length(self, end: int) -> int:
        """Words of the text that start before the cluster `end`, short ones included; windows where they are not spaced."""
        inside = (run for run in self.runs if run.start < end)
        return sum(-(-(run.end - run.start) // (manner_of(run.script).window or run.end - run.start)) for run in inside)

    def _beside_number(self, run: Run) -> bool:
        """Whether a spaced word is part of a token with a digit, as in 3rd."""
        if manner_of(run.script).window:
            return False
        around = self.pieces[max(0, run.start - 1) : run.start] + self.pieces[run.end : run.end + 1]
        return any(_NUMBER.match(piece) for piece in around)

    def edited(self, rewrites: Sequence[Rewrite]) -> Edited:
        return rewritten(self.raw, [r._replace(new=self.spelt(r)) for r in rewrites])

    def spelt(self, rewrite: Rewrite) -> tuple[str, ...]:
        """What a rewrite puts in, spelt as the text is: letters that stay as they were, new ones decomposed among decomposed ones."""
        if self.composed:
            return rewrite.new
        raw, pieces = self.raw[rewrite.start : rewrite.end], self.pieces[rewrite.start : rewrite.end]
        kept = {piece: old for piece, old in zip(pieces, raw, strict=True) if piece != old}
        return tuple(_spelt(piece, kept, self._apart) for piece in rewrite.new)

    @cached_property
    def _apart(self) -> bool:
        """Whether all letters are decomposed."""
        return unicodedata.is_normalized("NFD", self.field.text)

    def changes(self, rewrite: Rewrite) -> bool:
        """Whether the text is another after a rewrite: letters that are decomposed already cannot be."""
        return self.composed or self.spelt(rewrite) != tuple(self.raw[rewrite.start : rewrite.end])


def _spelt(piece: str, kept: Mapping[str, str], apart: bool) -> str:
    for composed, old in kept.items():
        if piece.startswith(composed):
            return old + piece[len(composed) :]
    return unicodedata.normalize("NFD", piece) if apart else piece


def _in_nfc(raw: Sequence[str], held: Sequence[bool]) -> list[str]:
    """The clusters, composed where they are not held."""
    if all(map(str.isascii, raw)):
        return list(raw)
    return [p if kept else unicodedata.normalize("NFC", p) for p, kept in zip(raw, held, strict=True)]


def _touched(pieces: Sequence[str], ranges: Iterable[tuple[int, int]]) -> list[bool]:
    """Which clusters share a character with one of the character ranges."""
    touched = [False] * len(pieces)
    spans = [(start, end) for start, end in ranges if start < end]
    if not spans:
        return touched
    borders = list(accumulate(map(len, pieces), initial=0))
    for start, end in spans:
        first, last = bisect_right(borders, start) - 1, bisect_left(borders, end)
        touched[max(0, first) : last] = [True] * (min(last, len(pieces)) - max(0, first))
    return touched


def _widened(flags: Sequence[bool]) -> list[bool]:
    """The flags and their neighbours: an answer's borders stay as they are, too."""
    padded = [False, *flags, False]
    return [any(padded[i : i + 3]) for i in range(len(flags))]
