"""Twin of MNLI: one event, and a hypothesis that follows, may hold, or cannot hold."""

from dataclasses import replace

from adaptstilts.pocket.facts import say
from adaptstilts.pocket.inference import contradicted, entailed, neutral
from adaptstilts.pocket.twin import PairFacts, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> PairFacts:
    """A premise of one sentence."""
    premise = replace(world.event(), negated=world.rng.random() < 0.1)
    hypothesis = (entailed, neutral, contradicted)[label](world, premise)
    return PairFacts(alone(say(premise)), alone(say(hypothesis)))


TWIN = Twin("mnli", "a", ("entailment", "neutral", "contradiction"), draw, classes=3)
