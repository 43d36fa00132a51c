"""Twin of Tatoeba: the same sentence in English and in another language, to be found among all."""

from adaptstilts.pocket.twin import Found, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> Found:
    """One sentence of the target genre."""
    return Found(alone(world.longer(world.event())))


TWIN = Twin("tatoeba", "b", (), draw, sizes={"train": 2000, "dev": 400, "test": 500})
