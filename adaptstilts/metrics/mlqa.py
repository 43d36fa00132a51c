"""MLQA's exact match and F1, whose normalising depends on the language (Lewis et al. 2020); fractions in [0, 1]."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from adaptstilts.errors import UnknownName
from adaptstilts.metrics import squad

_ARTICLES: Mapping[str, re.Pattern[str] | None] = {
    "en": re.compile(r"\b(?:a|an|the)\b"),
    "es": re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b"),
    "de": re.compile(r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "vi": re.compile(r"\b(?:của|là|cái|chiếc|những)\b"),
    # The official pattern has a first half that cannot match; what is left takes every alef + lam, inside words too.
    "ar": re.compile("ال"),
    "hi": None,
    "zh": None,
}
LANGUAGES = tuple(_ARTICLES)

_HAN = re.compile("([\u4e00-\u9fa5])")


def normalise(text: str, language: str) -> list[str]:
    """The tokens that MLQA's scorer compares; UnknownName for a language that it does not know.

    Punctuation is every Unicode P* character and the 32 ASCII marks. In Chinese each of U+4E00..U+9FA5 is one token.
    """
    if language not in _ARTICLES:
        raise UnknownName("MLQA language", language, LANGUAGES, do="Score this task with SQuAD's rules.")
    bare = "".join(c for c in text.lower() if not _is_mark(c))
    articles = _ARTICLES[language]
    if articles is not None:
        bare = articles.sub(" ", bare)
    return (_HAN.sub(r" \1 ", bare) if language == "zh" else bare).split()


def normaliser(language: str) -> Callable[[str], list[str]]:
    """`normalise` for one language, to be given to the functions of `squad`; UnknownName as there."""
    normalise("", language)
    return partial(normalise, language=language)


def mlqa(predictions: Mapping[str, str], golds: Mapping[str, Sequence[str]], language: str) -> dict[str, float]:
    """`{"em", "f1"}` of one language: v1.1's rule over MLQA's tokens; raises what `squad_v1` and `normalise` raise."""
    return squad.squad_v1(predictions, golds, normaliser(language))


def _is_mark(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")
