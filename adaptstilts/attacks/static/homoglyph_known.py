"""A letter becomes one that looks the same and that the tokenizer knows."""

from adaptstilts.attacks import Attack
from adaptstilts.attacks.edits.exchange import known_only
from adaptstilts.attacks.edits.letters import by_drawing
from adaptstilts.attacks.static.homoglyph import attack as homoglyph
from adaptstilts.attacks.static.homoglyph import disguises

attack = Attack(
    name="homoglyph_known",
    summary="as homoglyph, with letters that the tokenizer knows alone: no unknown piece, no blank",
    family="static",
    perturb=by_drawing(known_only(disguises)),
    languages=homoglyph.languages,
    citation=homoglyph.citation,
)
