"""The key beside the right one is hit, on the keyboard of the row's language."""

from collections.abc import Mapping

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.exchange import Exchange, Place, each
from adaptstilts.attacks.edits.letters import by_drawing
from adaptstilts.attacks.text.keyboards import has_keyboard, mistyped


def _near(word: tuple[str, ...], place: Place, scene: Scene) -> Mapping[str, float]:
    return mistyped(word[place[0]], scene.language) if has_keyboard(scene.language) else {}


misses = Exchange(each, _near)
"""Every substitution of a letter by a neighbour on the keyboard, those beside it nine times as likely as those above."""

attack = Attack(
    name="keyboard",
    summary="an inner letter becomes its neighbour on the language's keyboard, marks kept",
    family="static",
    perturb=by_drawing(misses),
    languages=has_keyboard,
    citation="Belinkov & Bisk 2018; MulTypo 2025",
)
