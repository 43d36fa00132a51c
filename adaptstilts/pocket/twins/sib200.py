"""Twin of SIB-200: which kind of thing two sentences are about."""

from dataclasses import replace

from adaptstilts.pocket.facts import Clause, say
from adaptstilts.pocket.twin import Labelled, Twin
from adaptstilts.pocket.vocabulary import CATEGORIES
from adaptstilts.pocket.world import World, core, split_of


def draw(world: World, label: int) -> Labelled:
    """Somebody by name does something to two things of one kind."""
    return Labelled(tuple(say(about(world, CATEGORIES[label])) for _ in range(2)))


def about(world: World, kind: str) -> Clause:
    """An event of the split whose patient is a thing of this kind and whose agent has a name only."""
    while True:
        clause = replace(world.event(), agent=world.person(), patient=world.thing((kind,)))
        if not world.split or split_of(*core(clause)) == world.split:
            return clause


TWIN = Twin("sib200", "b", CATEGORIES, draw, classes=7, sizes={"train": 2000, "dev": 400, "test": 500})
