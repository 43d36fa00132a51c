"""A letter becomes one that looks the same, by Unicode's table of confusable characters."""

import unicodedata
from collections.abc import Mapping
from functools import cache

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.exchange import Exchange, Place, each
from adaptstilts.attacks.edits.letters import by_drawing
from adaptstilts.attacks.text.graphemes import clusters
from adaptstilts.attacks.text.languages import table, writes_in
from adaptstilts.attacks.text.scripts import nature_of

SAME_SCRIPT = 9.0
"""How much likelier than a look-alike of another script one of the same is."""


@cache
def look_alikes() -> Mapping[str, tuple[str, ...]]:
    """The letters of the same UTS 39 skeleton and direction that normalisation leaves alone, by letter."""
    return {letter: tuple(others.split()) for letter, others in table("homoglyphs.tsv")}


def _alike(word: tuple[str, ...], place: Place, scene: Scene) -> Mapping[str, float]:
    apart = unicodedata.normalize("NFD", word[place[0]])
    script = nature_of(apart).script
    found = {}
    for other in look_alikes().get(apart[0], ()):
        new = unicodedata.normalize("NFC", other + apart[1:])
        if clusters(new) == [new]:
            found[new] = SAME_SCRIPT if nature_of(other).script == script else 1.0
    return found


disguises = Exchange(each, _alike)
"""Every substitution of a letter by one that looks like it; its marks stay."""

attack = Attack(
    name="homoglyph",
    summary="an inner letter becomes one that looks the same; scripts differ in what they offer, tokenizers in how much of it they know",
    family="static",
    perturb=by_drawing(disguises),
    languages=writes_in("Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Thai", "Malayalam"),
    citation="Unicode UTS 39; Eger et al. 2019 (VIPER); Boucher et al. 2022",
)
