"""Twin of Universal Dependencies tagging: one of the 17 universal parts of speech for every word."""

from dataclasses import replace

from adaptstilts.pocket.twin import Tagged, Twin, alone
from adaptstilts.pocket.world import World

LABELS = (
    *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM"),
    *("PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
)


def draw(world: World, label: int) -> Tagged:
    """A long sentence, sometimes denied."""
    clause = replace(world.event(), negated=world.rng.random() < 0.2)
    return Tagged(alone(world.longer(clause)), "upos")


TWIN = Twin("udpos", "b", LABELS, draw, sizes={"train": 3000, "dev": 400, "test": 500})
