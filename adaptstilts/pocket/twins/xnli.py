"""Twin of XNLI: the words of the target genre, and a premise that says more than the hypothesis is about."""

from dataclasses import replace

from adaptstilts.pocket.facts import say
from adaptstilts.pocket.inference import contradicted, entailed, neutral
from adaptstilts.pocket.twin import PairFacts, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> PairFacts:
    """A premise that is reported by somebody or joined with a second event."""
    clause = replace(world.event(), negated=world.rng.random() < 0.1)
    hypothesis = (entailed, neutral, contradicted)[label](world, clause)
    return PairFacts(alone(world.longer(clause)), alone(say(hypothesis)))


TWIN = Twin("xnli", "b", ("entailment", "neutral", "contradiction"), draw, classes=3)
