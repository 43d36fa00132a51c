"""The dictionary between the English-like language and another: words as they stand in a text, inflected forms included."""

from __future__ import annotations

from adaptstilts.pocket import vocabulary
from adaptstilts.pocket.grammar import grammar


def translations(code: str) -> dict[str, tuple[str, ...]]:
    """English form -> forms in the language, for nouns, verbs, adjectives, names, numbers and times."""
    english, other = grammar("en"), grammar(code)
    found: dict[str, tuple[str, ...]] = {}
    skip = set(vocabulary.FUNCTION)
    for word in english.words:
        if word not in skip:
            found[english.words[word]] = (other.words[word],)
    for noun in vocabulary.nouns():
        found[noun + english.language.plural] = (other.words[noun] + other.language.plural,)
    for verb in vocabulary.verbs():
        form = next(p.text for p in english.verb(verb, False, False) if p.upos == "VERB")
        found[form] = tuple(p.text for p in other.verb(verb, False, False) if p.upos == "VERB")
    return found
