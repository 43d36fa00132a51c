"""Twin of SQuAD: a passage of related events and a question that one of them answers."""

from ..passages import Asked, asked, passage
from ..twin import Twin
from ..world import World


def draw(world: World, label: int) -> Asked:
    """Three or four sentences."""
    return asked(world, passage(world, world.rng.randint(2, 4)))


TWIN = Twin("squad", "a", (), draw)
