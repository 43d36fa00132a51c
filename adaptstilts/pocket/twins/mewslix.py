"""Twin of Mewsli-X: a name met in a sentence, to be found by what is known of its bearer, in whatever language that is."""

from dataclasses import replace

from adaptstilts.pocket.facts import say
from adaptstilts.pocket.twin import Mentioned, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> Mentioned:
    """A person, an organisation or a town acts; what is known is the same event in other words."""
    named = (world.person(long=1.0), world.firm(), world.town())[label]
    clause = replace(world.event(places=0.7), agent=named)
    home = 0 if world.split == "train" else world.rng.randrange(1000)  # English is the first language
    return Mentioned(named, alone(say(clause)), alone(say(world.again(clause))), home)


TWIN = Twin("mewslix", "b", (), draw, classes=3, sizes={"train": 4000, "dev": 400, "test": 500})
