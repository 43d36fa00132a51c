"""One inner letter of a word becomes another of the language's, of the same script and class."""

from collections.abc import Mapping

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.exchange import Exchange, Place, each, in_case_of
from adaptstilts.attacks.edits.letters import by_drawing


def _others(word: tuple[str, ...], place: Place, scene: Scene) -> Mapping[str, float]:
    old = word[place[0]]
    lower = old.lower()
    return {in_case_of(old, piece): n for piece, n in scene.inventory.like(old).items() if piece != lower}


substitutes = Exchange(each, _others)
"""Every substitution of a letter by one of the scene's inventory in the same script and category, weighted by how often
it is written. The new cluster has the old one's vowel sign and points, and was seen with them."""

attack = Attack(
    name="sub",
    summary="an inner letter becomes another of the same script and class, vowel signs and points kept",
    family="static",
    perturb=by_drawing(substitutes),
    citation="Gao et al. 2018 (DeepWordBug); Aepli & Sennrich 2022",
)
