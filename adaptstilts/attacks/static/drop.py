"""One inner letter of a word is left out."""

from collections.abc import Iterator

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.letters import by_letters
from adaptstilts.attacks.text.graphemes import Rewrite


def drops(word: tuple[str, ...], free: range, scene: Scene) -> Iterator[Rewrite]:
    """Every deletion of one cluster."""
    for i in free:
        yield Rewrite(i, i + 1, ())


attack = Attack(
    name="drop",
    summary="one inner letter of a word is left out",
    family="static",
    needs=frozenset({"letters"}),
    perturb=by_letters(drops),
    citation="Pruthi et al. 2019",
)
