"""Twin of ANLI with MNLI and SNLI: two events that share words, and hypotheses made to be mistaken for one another."""

from dataclasses import replace

from adaptstilts.pocket.facts import Clause, say
from adaptstilts.pocket.inference import contradicted, entailed, neutral
from adaptstilts.pocket.passages import passage
from adaptstilts.pocket.twin import PairFacts, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> PairFacts:
    """Two sentences as a premise; what is neutral is often made of nothing but the premise's words."""
    one, other = passage(world, 2, places=0.4, times=0.2)
    one = replace(one, negated=world.rng.random() < 0.1)
    if label == 1 and world.rng.random() < 0.6:
        hypothesis = mixed(world, one, other)
    else:
        hypothesis = (entailed, neutral, contradicted)[label](world, one)
    premise = [say(one), say(other)]
    world.rng.shuffle(premise)
    return PairFacts(tuple(premise), alone(say(hypothesis)))


def mixed(world: World, one: Clause, other: Clause) -> Clause:
    """The first event with a participant or the deed of the second."""
    dice = world.rng.random()
    said = world.again(replace(one, negated=False), flip=0.4)
    if dice < 0.5 and other.agent != one.agent and other.agent != one.patient:
        return replace(said, agent=other.agent)
    return replace(said, patient=other.patient) if other.patient != one.agent else replace(said, verb=other.verb)


TWIN = Twin("anli", "a", ("entailment", "neutral", "contradiction"), draw, classes=3)
