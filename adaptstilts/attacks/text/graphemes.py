"""Text as grapheme clusters, runs of letters in one script, and cluster edits that know where every old offset went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

import regex

from adaptstilts.attacks.text.scripts import script_of
from adaptstilts.ids import digest
from adaptstilts.kinds.kind import Edited

_CLUSTER = regex.compile(r"\X")
_LETTER = regex.compile(r"\p{L}")
_MARK = regex.compile(r"[\p{M}\u200c\u200d]")
_PROPER = ((0, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xF900, 0x20000), (0xE0000, 0xE1000))
_DECISIVE = regex.compile(
    "|".join(
        rf"(?P<{name}>(?:{pattern})+)"
        for name, pattern in {
            "linker": r"\p{InCB=Linker}",
            "consonant": r"\p{InCB=Consonant}",
            "pictograph": r"\p{ExtPict}",
            **{
                name.lower(): rf"\p{{GCB={name}}}"
                for name in ("Extend", "SpacingMark", "Prepend", "Control", "L", "V", "T")
            },
        }.items()
    )
)
_WORD = 24
"""Characters of a text whose clusters are remembered."""
# Viramas that join the next consonant (Unicode's Indic conjunct rule GB9c, whose list of scripts still grows with each
# version), Sinhala's only with a joiner, and the invisible stackers of Burmese and Khmer.
_JOINS = regex.compile(r"(?:[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0c4d\u0ccd\u0d4d\u1039\u17d2]\u200d?|\u0dca\u200d)$")


def clusters(text: str) -> list[str]:
    """The extended grapheme clusters of `text` (UAX #29); `"".join` gives the text back.

    Marks that the rules leave alone (Burmese AA) and the halves of a conjunct belong to one cluster here, so that moving a
    cluster never orphans a mark. The rest is as `regex` has it: up to its release 2025.9.18 (Unicode 16) conjuncts of
    Khmer, Balinese, Javanese and Chakma are several clusters, later one; `tables` tells such releases apart.
    """
    if text.isascii() and "\r" not in text:
        return list(text)
    return list(_of_word(text)) if len(text) <= _WORD else _found(text)


@cache
def tables() -> str:
    """8 hex digits that tell apart releases of `regex` which part some text otherwise: a digest of the properties that decide.

    Ideographs and Hangul syllables, of which there is nothing to tell, are left out.
    """
    text = "".join(chr(code) for low, high in _PROPER for code in range(low, high))
    return digest([[found.lastgroup, *found.span()] for found in _DECISIVE.finditer(text)])[:8]


@lru_cache(maxsize=1 << 15)
def _of_word(text: str) -> tuple[str, ...]:
    """Of a short text, which an attack comes back to: its letters, and words with one of them changed."""
    return tuple(_found(text))


def _found(text: str) -> list[str]:
    found: list[str] = []
    last = _Nature(marks=False, letter=False, joins=False)
    for piece in _CLUSTER.findall(text):
        this = _nature(piece)
        if found and ((this.marks and last.letter) or (this.letter and last.joins)):
            found[-1] += piece
            this = _nature(found[-1])
        else:
            found.append(piece)
        last = this
    return found


class _Nature(NamedTuple):
    """Whether a cluster starts with a mark, starts with a letter, and joins the letter after it."""

    marks: bool
    letter: bool
    joins: bool


@lru_cache(maxsize=1 << 14)
def _nature(cluster: str) -> _Nature:
    letter = _LETTER.match(cluster) is not None
    return _Nature(_MARK.match(cluster) is not None, letter, letter and _JOINS.search(cluster) is not None)


class Run(NamedTuple):
    """Neighbouring letter clusters of one script: a word where words are spaced. Indices count clusters."""

    start: int
    end: int
    script: str


def runs(pieces: Sequence[str]) -> list[Run]:
    """The runs of letters among the clusters of a text, in order."""
    found: list[Run] = []
    start, current = 0, ""  # of the run that is open, if a script is current
    for index, piece in enumerate(pieces):
        script = _letters_script(piece, current)
        if script != current:
            if current:
                found.append(Run(start, index, current))
            start, current = index, script
    if current:
        found.append(Run(start, len(pieces), current))
    return found


@lru_cache(maxsize=1 << 14)
def _letters_script(piece: str, before: str) -> str:
    """The script of a letter cluster behind one in the script `before`; "" where it is no letter."""
    return script_of(piece, before) if _LETTER.match(piece) else ""


class Rewrite(NamedTuple):
    """The clusters from `start` up to `end` become `new`."""

    start: int
    end: int
    new: tuple[str, ...]


def overlap(one: Rewrite, other: Rewrite) -> bool:
    """Whether two rewrites touch a cluster in common, or insert at one place."""
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def rewritten(pieces: Sequence[str], rewrites: Iterable[Rewrite]) -> Edited:
    """The text after rewrites that do not overlap (ValueError), with its exact offset map.

    Offsets outside a rewrite go with their character; those inside go to the same distance from its start, at most
    its end. An offset where something is inserted goes with the character after it.
    """
    text = "".join(pieces)
    offsets = list(accumulate(map(len, pieces), initial=0))
    parts: list[str] = []
    moved: list[int] = []
    old = new = 0
    for start, end, fresh in sorted(rewrites):
        first, last = offsets[start], offsets[end]
        if first < old:
            raise ValueError("rewrites overlap")
        parts += text[old:first], *fresh
        moved.extend(range(new, new + first - old))
        new += first - old
        width = sum(map(len, fresh))
        moved.extend(new + min(i, width) for i in range(last - first))
        new, old = new + width, last
    parts.append(text[old:])
    moved.extend(range(new, new + len(text) - old + 1))
    return Edited("".join(parts), tuple(moved))


def appended(text: str, suffix: str) -> Edited:
    """The text with `suffix` behind it; no old offset moves, so an answer that ends the text does not grow."""
    return Edited(text + suffix, tuple(range(len(text) + 1)))


def rewrite_clusters(pieces: Sequence[str], rewrites: Iterable[Rewrite]) -> list[str]:
    """The same edit on the list of clusters."""
    made: list[str] = []
    old = 0
    for start, end, fresh in sorted(rewrites):
        made += *pieces[old:start], *fresh
        old = end
    return [*made, *pieces[old:]]
