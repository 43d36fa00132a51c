"""Twin of Social IQa: Cosmos QA's questions with one wrong answer less, in the target genre, as XCOPA's."""

from dataclasses import replace

from adaptstilts.pocket.twin import ChoiceFacts, Twin
from adaptstilts.pocket.twins import cosmosqa
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> ChoiceFacts:
    """The right answer, the other end of the causal chain and an unrelated state."""
    drawn = cosmosqa.draw(world, label)
    return replace(drawn, choices=drawn.choices[:3])


TWIN = Twin("siqa", "b", (), draw, classes=3, sizes={"train": 4000, "dev": 400, "test": 500})
