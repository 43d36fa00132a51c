"""Twin of SQuAD 2: as SQuAD's, but two questions in five have no answer in the passage."""

from adaptstilts.pocket.passages import Asked, asked, passage, unanswerable
from adaptstilts.pocket.twin import Twin
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> Asked:
    """Labels 0 to 2 are answerable, 3 and 4 are not."""
    clauses = passage(world, world.rng.randint(2, 3))
    return asked(world, clauses) if label < 3 else unanswerable(world, clauses)


TWIN = Twin("squad2", "a", (), draw, classes=5)
