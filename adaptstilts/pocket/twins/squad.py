"""Twin of SQuAD: a passage of related events and a question that one of them answers."""

from adaptstilts.pocket.passages import Asked, asked, passage
from adaptstilts.pocket.twin import Twin
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> Asked:
    """Three or four sentences."""
    return asked(world, passage(world, world.rng.randint(2, 4)))


TWIN = Twin("squad", "a", (), draw)
