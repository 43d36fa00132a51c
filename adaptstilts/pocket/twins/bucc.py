"""Twin of BUCC: two piles of sentences, one of them English, of which three in five have a partner in the other."""

from adaptstilts.pocket.twin import Piled, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> Piled:
    """Labels 0 to 2 are pairs; 3 and 4 put two sentences of the target genre side by side that have no partner."""
    text = alone(world.longer(world.event()))
    return Piled(text, None if label < 3 else alone(world.longer(world.event())))


TWIN = Twin("bucc", "b", (), draw, classes=5, sizes={"train": 2000, "dev": 400, "test": 500})
