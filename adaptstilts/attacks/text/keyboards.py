"""Which letters are next to a letter on the keyboard that a language is typed on."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from adaptstilts.attacks.text.graphemes import clusters
from adaptstilts.attacks.text.languages import table
from adaptstilts.attacks.text.scripts import nature_of

BESIDE, ABOVE = 9.0, 1.0
"""The weights of all neighbours in a letter's row and of all those in the rows above and below it."""

_FIRST, _COUNTS = 0xAC00, (19, 21, 28)  # Hangul syllables in Unicode: by initial, vowel and final
_JAMO = (
    "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ",
    "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ",
    " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ",
)

Neighbours = Mapping[str, Mapping[str, float]]


@cache
def _layouts() -> dict[str, list[list[str]]]:
    return {code: [row.split() for row in rows] for code, *rows in table("keyboards.tsv")}


def has_keyboard(language: str) -> bool:
    """Whether there is a layout for a language; none stands in for another."""
    return language in _layouts()


@cache
def neighbours(language: str) -> Neighbours:
    """The letters of one nature (see `nature_of`) beside, above and below each letter, shift held alike, with weights.

    A key touches two in the row above it (its own number and the next) and two in the row below (its own and the one before).
    """
    rows = _layouts()[language]
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for level in (0, 1):
        for r, row in enumerate(rows):
            for c in range(len(row)):
                beside = [(r, c - 1), (r, c + 1)]
                above = [(r - 1, c), (r - 1, c + 1), (r + 1, c), (r + 1, c - 1)]
                for places, weight in ((beside, BESIDE), (above, ABOVE)):
                    letters = [_at(rows, *place, level) for place in places]
                    own = _at(rows, r, c, level)
                    near = [letter for letter in letters if letter and own and _alike(own, letter)]
                    found[own].update((letter, weight / len(near)) for letter in near)
    return {letter: near for letter, near in found.items() if near}


def _at(rows: list[list[str]], row: int, column: int, level: int) -> str:
    """The letter of a key, or "" where there is none."""
    inside = 0 <= row < len(rows) and 0 <= column < len(rows[row])
    return rows[row][column][level].replace(".", "") if inside else ""


def _alike(one: str, other: str) -> bool:
    return one != other and (nature_of(one) == nature_of(other))


def mistyped(cluster: str, language: str) -> Mapping[str, float]:
    """What a cluster becomes if the key of its letter is missed by one, with weights; its marks stay.

    Where the layout has a marked letter of its own (é in French, ê in Vietnamese) that key is missed, and marks that come
    on top of it stay if the neighbour can bear them in one character. One jamo of a Hangul syllable is missed.
    """
    near = neighbours(language)
    if len(cluster) == 1 and _FIRST <= ord(cluster) < _FIRST + 11172:
        return _mistyped_syllable(cluster, near)
    apart = unicodedata.normalize("NFD", cluster)
    for cut in range(len(apart), 0, -1):
        key = unicodedata.normalize("NFC", apart[:cut])
        if key in near:
            made = {unicodedata.normalize("NFC", other + apart[cut:]): weight for other, weight in near[key].items()}
            return {new: weight for new, weight in made.items() if _writable(new, cluster)}
    return {}


def _writable(new: str, old: str) -> bool:
    """One cluster, and no looser a pile of marks than the one before."""
    return clusters(new) == [new] and len(new) <= len(old)


def _mistyped_syllable(syllable: str, near: Neighbours) -> Mapping[str, float]:
    code = ord(syllable) - _FIRST
    parts = [code // (_COUNTS[1] * _COUNTS[2]), code // _COUNTS[2] % _COUNTS[1], code % _COUNTS[2]]
    found: dict[str, float] = {}
    for i, part in enumerate(parts):
        for other, weight in near.get(_JAMO[i][part], {}).items():
            if other in _JAMO[i]:
                made = list(parts)
                made[i] = _JAMO[i].index(other)
                found[chr(_FIRST + (made[0] * _COUNTS[1] + made[1]) * _COUNTS[2] + made[2])] = weight
    return found
