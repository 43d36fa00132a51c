"""Words lose their accents, tones, vowel points or hamza seats, as in hurried typing."""

import unicodedata
from collections.abc import Iterator

import regex

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.letters import by_words
from adaptstilts.attacks.text.graphemes import Rewrite
from adaptstilts.attacks.text.languages import writes_in

# Combining Diacritical Marks behind Latin and Greek letters; harakat with superscript alef, and hamza and madda on their
# seats; Hebrew points. Vowel signs of Indic scripts and Thai are none of these.
_MARKED = regex.compile(
    r"(?P<base>[\p{Latin}\p{Greek}])[\u0300-\u036f]+"
    r"|(?P<base>[\p{Arabic}--[\u064b-\u0655\u0670]])[\u064b-\u0655\u0670]+"
    r"|(?P<base>\p{Hebrew})[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]+",
    regex.V1,
)


def bare(cluster: str) -> str:
    """A cluster without its accents, points or hamza, in NFC; the dots that make i and j are none, letters stay letters."""
    apart = unicodedata.normalize("NFD", cluster)
    return unicodedata.normalize("NFC", _MARKED.sub(r"\g<base>", apart))


def strips(word: tuple[str, ...], free: range, scene: Scene) -> Iterator[Rewrite]:
    """The whole word without marks, its first letter too: who types without accents leaves them all out."""
    plain = tuple(bare(piece) for piece in word)
    if plain != word:
        yield Rewrite(0, len(word), plain)


attack = Attack(
    name="diacritics",
    summary="marked words lose accents, tones, vowel points and hamza; severity is the share of them",
    family="static",
    perturb=by_words(strips),
    languages=writes_in("Latin", "Greek", "Arabic", "Hebrew"),
    citation="Dhole et al. 2021 (NL-Augmenter, diacritic removal)",
)
