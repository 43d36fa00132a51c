"""Characters that nobody sees come into words: those that change the tokens, be it by an unknown piece, a blank or one of their own."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import regex

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.exchange import Exchange, Place, each
from adaptstilts.attacks.edits.letters import by_drawing
from adaptstilts.attacks.text.scripts import nature_of

IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
JOINERS = "\u200c\u200d"
# Where joiners decide how letters look: cursive scripts and those with conjuncts.
_UNJOINED = {"Latin", "Cyrillic", "Greek", "Hebrew", "Armenian", "Georgian", "Han", "Hiragana", "Katakana", "Hangul"}


@lru_cache(maxsize=1)
def ignorables() -> tuple[str, ...]:
    """The assigned default-ignorable characters that have no width, join no script of their own and turn no text round.

    Bidirectional controls reorder what is seen, Hangul fillers and Khmer vowels are letters of those scripts; variation
    selectors but the first sixteen, tags and shorthand controls are no plain text.
    """
    plain = (chr(code) for code in range(0x10000) if IGNORABLE.match(chr(code)))
    return tuple(
        char
        for char in plain
        if unicodedata.category(char) in ("Cf", "Mn")
        and unicodedata.bidirectional(char) in ("BN", "NSM")
        and not regex.match(r"[\p{Script=Mongolian}\p{Script=Khmer}\u2066-\u206f]", char)
    )


@lru_cache(maxsize=8)
def surviving(survives: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Those that change the token ids of a word they stand in."""
    return tuple(char for char in ignorables() if survives("ab", f"a{char}b"))


def _behind(word: tuple[str, ...], place: Place, scene: Scene) -> Mapping[str, float]:
    old = word[place[0]]
    if IGNORABLE.search(old) or place[0] == len(word) - 1:
        return {}
    joiners = nature_of(old).script in _UNJOINED
    return {old + char: 1 for char in surviving(scene.survives) if joiners or char not in JOINERS}


hides = Exchange(each, _behind)
"""Every insertion of one surviving ignorable behind a letter; joiners only where letters do not join."""

attack = Attack(
    name="invisible",
    summary="characters without width come into words, those that change the tokens: most are unknown to XLM-R, some a blank",
    family="static",
    perturb=by_drawing(hides),
    citation="Boucher et al. 2022 (Bad Characters)",
)
