"""A letter too many comes into a word: one of the language's letters, or its neighbour once more."""

from collections.abc import Mapping

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.exchange import Exchange, Place, in_case_of, inside
from adaptstilts.attacks.edits.letters import by_drawing


def _letters(word: tuple[str, ...], place: Place, scene: Scene) -> Mapping[str, float]:
    before = word[place[0] - 1]
    known = scene.inventory.of_script(before)
    return {in_case_of(before, piece): count for piece, count in known.items()} if before != before.lower() else known


def _neighbour(word: tuple[str, ...], place: Place, scene: Scene) -> Mapping[str, float]:
    return {word[place[0] - 1]: 1}


inserts = Exchange(inside, _letters)
"""Every insertion of a letter of the scene's inventory in the word's script, weighted by how often it is written."""
doubles = Exchange(inside, _neighbour)
"""Every doubling of a letter."""

attack = Attack(
    name="insert",
    summary="a letter of the language, or the one before once more, comes into a word",
    family="static",
    perturb=by_drawing(inserts, doubles),
    citation="Gao et al. 2018 (DeepWordBug)",
)
