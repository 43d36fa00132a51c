"""What a writing system allows: which clusters of a word an edit must keep, and which strings are ill-formed in it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import regex


@dataclass(frozen=True)
class Manner:
    """How words of a script may be edited, in grapheme clusters.

    Words shorter than `shortest` stay as they are; `head` clusters at the start and `tail` at the end of a word are
    kept, for people read words by their ends (Pruthi et al. 2019). Where words are not spaced, nothing marks an end,
    and `window` clusters in a row stand for a word (0: words are spaced).
    """

    shortest: int
    head: int
    tail: int
    window: int = 0

    def free(self, length: int) -> range:
        """The clusters of a word of `length` clusters that may change."""
        return range(self.head, length - self.tail) if length >= self.shortest else range(0)


_ALPHABET = Manner(shortest=3, head=1, tail=1)
# One cluster is a syllable here and words have two or three: keeping both ends would leave nothing to edit.
_SYLLABLES = Manner(shortest=3, head=1, tail=0)
_HANGUL = Manner(shortest=2, head=1, tail=0)
_CJK = Manner(shortest=2, head=0, tail=0, window=2)
_UNSPACED = Manner(shortest=3, head=0, tail=0, window=3)

_MANNERS = {
    script: manner
    for manner, scripts in (
        (_CJK, "Han Hiragana Katakana"),
        (_UNSPACED, "Thai Lao Khmer Myanmar"),
        (_HANGUL, "Hangul"),
        (_SYLLABLES, "Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Ethiopic"),
    )
    for script in scripts.split()
}
_SCRIPT = regex.compile("|".join(rf"(?P<{name}>\p{{Script={name}}})" for name in _MANNERS))
_LONG_VOWEL = "\u30fc"  # belongs to both kana


def script_of(cluster: str, before: str = "") -> str:
    """The script of a letter cluster if it has a manner of its own, else "alphabet"; `before` is that in front."""
    if cluster.startswith(_LONG_VOWEL):
        return before if before in ("Hiragana", "Katakana") else "Katakana"
    found = _SCRIPT.match(cluster)
    return str(found.lastgroup) if found else "alphabet"


def manner_of(script: str) -> Manner:
    return _MANNERS.get(script, _ALPHABET)


class Nature(NamedTuple):
    """What a letter is: its script by Unicode's own name, general category, and place in a syllable where it has one."""

    script: str
    category: str
    syllabic: str


_ALPHABETS = "Latin Cyrillic Greek Arabic Hebrew Armenian Georgian"
_NAMED = regex.compile("|".join(rf"(?P<{name}>\p{{Script={name}}})" for name in [*_ALPHABETS.split(), *_MANNERS]))
_SYLLABIC = regex.compile(
    r"(?P<consonant>\p{InSC=Consonant})|(?P<sign>\p{InSC=Vowel_Dependent})|(?P<vowel>\p{InSC=Vowel_Independent})"
)
_TAIL = regex.compile(r"[\p{M}\u200c\u200d]+$")


@lru_cache(maxsize=1 << 14)
def nature_of(cluster: str) -> Nature:
    """The nature of a cluster's first letter; what replaces a letter must share it."""
    first = cluster[:1]
    script, syllabic = _NAMED.match(first), _SYLLABIC.match(first)
    return Nature(
        str(script.lastgroup) if script else "",
        unicodedata.category(first) if first else "",
        str(syllabic.lastgroup) if syllabic else "",
    )


def tail_of(cluster: str) -> str:
    """The marks (and joiners) that end a cluster: vowel signs, points, tones."""
    found = _TAIL.search(cluster)
    return str(found.group()) if found else ""


_BREAK = r"(?:^|[\s\p{P}])"
_INDIC_VOWEL = r"[\p{InSC=Vowel_Dependent}&&[\u0900-\u0dff]]"
_INDIC_VIRAMA = r"[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]"
_ILL_FORMED = {
    "orphan mark": _BREAK + r"(?![\ufe0f\u20e3])\p{M}",
    "orphan joiner": _BREAK + r"[\u200c\u200d]",
    "two dependent vowels": _INDIC_VOWEL + "{2}",
    "virama before a vowel sign": _INDIC_VIRAMA + rf"(?:{_INDIC_VOWEL}|{_INDIC_VIRAMA})",
    "stacker without a consonant": r"[\u1039\u17d2](?!\p{L})",
    "killed consonant without a vowel": _BREAK + r"[\u1000-\u1021]\u103a",
    "Thai leading vowel without a consonant": r"[\u0e40-\u0e44](?![\u0e01-\u0e2e])",
    "Thai following vowel without a consonant": _BREAK
    + r"[\u0e30\u0e32\u0e33\u0e45]|[\u0e40-\u0e44][\u0e30\u0e32\u0e33]",
    "two Thai vowels": r"[\u0e30\u0e33][\u0e30\u0e32\u0e33]|\u0e32[\u0e32\u0e33]",
    "Lao leading vowel without a consonant": r"[\u0ec0-\u0ec4](?![\u0e81-\u0eae\u0edc-\u0edf])",
    "Lao following vowel without a consonant": _BREAK + r"[\u0eb0\u0eb2\u0eb3]|[\u0ec0-\u0ec4][\u0eb0\u0eb2\u0eb3]",
    "two Lao vowels": r"[\u0eb0\u0eb3][\u0eb0\u0eb2\u0eb3]|\u0eb2[\u0eb2\u0eb3]",
    "loose jamo": r"[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]",
    "Arabic mark without a base": r"(?<![\p{Script=Arabic}\p{Mn}\u0640])[\u064b-\u065f\u0670]",
}
_CHECKS = {what: regex.compile(pattern, regex.V1) for what, pattern in _ILL_FORMED.items()}
_ANY = regex.compile("|".join(f"(?:{pattern})" for pattern in _ILL_FORMED.values()), regex.V1)


def ill_formed(text: str) -> str:
    """What is wrong with `text` by the rules of its scripts, or "" if nothing is."""
    if not unicodedata.is_normalized("NFC", text):
        return "not in NFC"
    if not _ANY.search(text):
        return ""
    return next(what for what, check in _CHECKS.items() if check.search(text))
