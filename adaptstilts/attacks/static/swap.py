"""Two inner neighbours of a word change places."""

from collections.abc import Iterator

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.letters import by_letters
from adaptstilts.attacks.text.graphemes import Rewrite


def swaps(word: tuple[str, ...], free: range, scene: Scene) -> Iterator[Rewrite]:
    """Every transposition of two neighbouring, different clusters."""
    for i in free[:-1]:
        if word[i] != word[i + 1]:
            yield Rewrite(i, i + 2, (word[i + 1], word[i]))


attack = Attack(
    name="swap",
    summary="two inner neighbouring letters of a word change places",
    family="static",
    needs=frozenset({"letters"}),
    perturb=by_letters(swaps),
    citation="Gao et al. 2018 (DeepWordBug); Belinkov & Bisk 2018; Naik et al. 2018",
)
