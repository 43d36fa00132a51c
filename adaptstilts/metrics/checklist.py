"""MultiCheckList's error rate: the share of test cases of which some question is answered wrongly; in [0, 1].

The comparison of answers follows google-research/xtreme, multichecklist/generate_test_utils.py: articles of the language
become blanks, marks at both ends go, and case, inner blanks and all else count. A case is right if all its questions are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from adaptstilts.errors import InputError

_ARTICLES: Mapping[str, str] = {
    "af": r"(?:’n)\b",
    "ar": "ال",  # inside words too: the first half of the original pattern cannot match
    "bn": r"\b(?:একটি|একজন)",
    "de": r"\b(?:ein|eine|einen)\b",
    "el": r"\b(?:Ο|ένα|μια)\b",
    "en": r"\b(?:a|an|the|in|at)\b",
    "es": r"\b(?:un|una|unos|unas|el|la|los|las)\b",
    "eu": r"\b(?:bat)\b",
    "fa": r"\b(?:یک)\b",
    "fr": r"\b(?:un|une|le|la|en)\b",
    "hi": r"\b(?:एक)",
    "hu": r"\b(?:egy)\b",
    "it": r"\b(?:un|una)\b",
    "ml": r"\b(?:ഒരു)",
    "mr": r"\b(?:एक)",
    "my": r"\b(?:တစ်ဦး)",
    "nl": r"\b(?:een)\b",
    "pa": r"\b(?:ਇੱਕ|ਇਕ)",
    "pt": r"\b(?:um|uma)\b",
    "ta": r"\b(?:ஒரு)",
    "tl": r"\b(?:Si)\b",
    "tr": r"\b(?:bir)\b",
    "vi": r"\b(?:một)\b",
    "wo": r"\b(?:dafa)\b",
    "yo": r"\b(?:kan)\b",
}
_PATTERNS = {language: re.compile(pattern) for language, pattern in _ARTICLES.items()}
_MARKS: Mapping[str, str] = {"bn": "৷", "hi": "৷", "pa": "।", "pl": "„”", "ur": "\u200f"}
"""What is stripped beside comma, full stop and blank."""


def clean(text: str, language: str) -> str:
    """The text without the language's articles, and without marks at its ends."""
    pattern = _PATTERNS.get(language)
    bare = pattern.sub(" ", text) if pattern else text
    return bare.strip(",. " + _MARKS.get(language, ""))


def right(said: str, answers: Iterable[str], language: str) -> bool:
    """Whether an answer equals one of the gold ones once both are clean."""
    return clean(said, language) in {clean(answer, language) for answer in answers}


def error_rates(cases: Sequence[tuple[str, str, bool]]) -> dict[str, float]:
    """`error_rate`, the mean over tests, `pass_rate`, its complement, and `error_rate_{test}`, from (test, case, right).

    A case fails if any of its questions does. InputError for no questions.
    """
    if not cases:
        raise InputError("there is nothing to score: no test cases")
    passed: dict[str, dict[str, bool]] = {}
    for test, case, is_right in cases:
        of_test = passed.setdefault(test, {})
        of_test[case] = of_test.get(case, True) and is_right
    rates = {test: 1 - sum(found.values()) / len(found) for test, found in passed.items()}
    mean = sum(rates.values()) / len(rates)
    return {"error_rate": mean, "pass_rate": 1 - mean, **{f"error_rate_{test}": rate for test, rate in rates.items()}}
