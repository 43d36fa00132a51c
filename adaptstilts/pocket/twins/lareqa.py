"""Twin of LAReQA: questions to be answered by one sentence among those of all passages in all languages."""

from adaptstilts.pocket.passages import asked, passage
from adaptstilts.pocket.twin import Sought, Twin
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> Sought:
    """A passage of three or four sentences."""
    return Sought(asked(world, passage(world, world.rng.randint(3, 4), places=0.4, times=0.3)))


TWIN = Twin("lareqa", "b", (), draw, sizes={"train": 4000, "dev": 400, "test": 500})
