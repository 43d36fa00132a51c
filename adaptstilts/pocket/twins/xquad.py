"""Twin of XQuAD: longer passages of the target genre, in which some sentences are reported by somebody."""

from dataclasses import replace

from adaptstilts.pocket.facts import say
from adaptstilts.pocket.passages import Asked, asked, passage
from adaptstilts.pocket.twin import Twin
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> Asked:
    """Three or four sentences."""
    drawn = asked(world, passage(world, world.rng.randint(3, 4), places=0.4, times=0.3))
    speakers = [world.person(long=0.7) if world.rng.random() < 0.25 else None for _ in drawn.context]
    context = tuple(say(*s.clauses, speaker=speaker) for s, speaker in zip(drawn.context, speakers, strict=True))
    return replace(drawn, context=context)


TWIN = Twin("xquad", "b", (), draw)
