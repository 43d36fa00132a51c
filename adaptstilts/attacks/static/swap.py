"""Two inner neighbours of a word change places."""

from adaptstilts.attacks import Attack
from adaptstilts.attacks.edits.letters import by_letters
from adaptstilts.attacks.edits.rewrites import swaps

attack = Attack(
    name="swap",
    summary="two inner neighbouring letters of a word change places",
    family="static",
    perturb=by_letters(swaps),
    citation="Gao et al. 2018 (DeepWordBug); Belinkov & Bisk 2018; Naik et al. 2018",
)
