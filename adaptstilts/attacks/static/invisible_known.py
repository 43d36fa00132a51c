"""Characters that nobody sees and the tokenizer knows come into words."""

from adaptstilts.attacks import Attack
from adaptstilts.attacks.edits.exchange import known_only
from adaptstilts.attacks.edits.letters import by_drawing
from adaptstilts.attacks.static.invisible import attack as invisible
from adaptstilts.attacks.static.invisible import hides

attack = Attack(
    name="invisible_known",
    summary="as invisible, with characters that the tokenizer knows alone: no unknown piece, no blank",
    family="static",
    perturb=by_drawing(known_only(hides)),
    citation=invisible.citation,
)
