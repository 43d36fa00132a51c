"""One inner letter of a word is left out."""

from adaptstilts.attacks import Attack
from adaptstilts.attacks.edits.letters import by_letters
from adaptstilts.attacks.edits.rewrites import drops

attack = Attack(
    name="drop",
    summary="one inner letter of a word is left out",
    family="static",
    perturb=by_letters(drops),
    citation="Pruthi et al. 2019",
)
