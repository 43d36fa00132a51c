"""What a language is: an order of phrases, an inventory of syllables, a way to mark roles; its words follow from these."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from adaptstilts.ids import rng_for
from adaptstilts.pocket import vocabulary

ENGLISH_SPECIAL = {"how_many": "how many"}


@dataclass(frozen=True)
class Language:
    """A declaration. `verb` spells the four forms (plain, negated, passive, passive negated) of a verb V from words and affixes.

    `order` is the place of subject S, verb V and object O; adjuncts stand at the end, before the verb if V is last.
    A role mark beginning with `-` is a suffix, any other mark is a word of its own after its phrase.
    """

    code: str
    name: str
    script: str
    order: str
    verb: tuple[str, str, str, str]
    syllables: tuple[str, ...] = ()
    lengths: tuple[int, int] = (2, 3)
    spaced: bool = True
    adjective_after: bool = False
    articles: bool = False
    adpositions: str = "before"  # "before" and "after" are words, "suffix" is attached
    marks: dict[str, str] = field(default_factory=dict)  # role -> mark, of "subject" and "object"
    plural: str = ""
    affixes: dict[str, str] = field(default_factory=dict)  # name used in `verb` -> text
    stop: str = "."
    question: str = "?"
    letters: dict[str, str] = field(default_factory=dict)  # how a name is transliterated
    cognate: dict[str, str] = field(default_factory=dict)  # letters changed in words shared with English
    endings: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.code)


@cache
def words(language: Language) -> dict[str, str]:
    """English word -> this language's word; no two English words share one."""
    found: dict[str, str] = {}
    used: set[str] = set()
    for name in vocabulary.NAMES:
        found[name] = transliterate(language, name)
        used.add(found[name])
    inventory = (*vocabulary.other_words(), *vocabulary.nouns(), *vocabulary.verbs(), *vocabulary.adjectives())
    for english in dict.fromkeys(inventory):
        found[english] = _new_word(language, english, used)
        used.add(found[english])
    return found


def _new_word(language: Language, english: str, used: set[str]) -> str:
    if language.code == "en":
        return ENGLISH_SPECIAL.get(english, english)
    rng = rng_for("pocket word", language.code, english)
    short = english in vocabulary.FUNCTION
    for attempt in range(10_000):
        word = _cognate(language, english, attempt) if language.cognate else ""
        if not word:
            low, high = language.lengths
            count = max(1, low - 1) if short and attempt < 20 else rng.randint(low, high)
            word = "".join(rng.choice(language.syllables) for _ in range(count))
        if word not in used:
            return word
    raise RuntimeError(f"the syllables of {language.code} are too few for its words")


def _cognate(language: Language, english: str, attempt: int) -> str:
    rng = rng_for("pocket cognate", language.code, english, attempt)
    stem = english.replace("_", "")
    for old, new in language.cognate.items():
        stem = stem.replace(old, new)
    stem = stem.rstrip("e") if len(stem) > 3 else stem
    return stem + rng.choice(language.endings)


def transliterate(language: Language, name: str) -> str:
    """A name in this language's letters, two Latin letters (a syllable) at a time where the script writes syllables."""
    if not language.letters:
        return name
    parts: list[str] = []
    at = 0
    while at < len(name):
        size = 2 if name[at : at + 2] in language.letters else 1
        parts.append(language.letters[name[at : at + size]])
        at += size
    return "".join(parts)
