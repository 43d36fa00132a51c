"""Twin of HellaSwag: two steps of a usual course of events, and four ways to go on."""

from dataclasses import replace

from adaptstilts.pocket.facts import Clause, say
from adaptstilts.pocket.stories import Story, story
from adaptstilts.pocket.twin import ChoiceFacts, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> ChoiceFacts:
    """Wrong ways: a step that is over, a deed that has no part in the script, the right deed to another thing."""
    told = story(world)
    at = world.rng.randint(0, 1)
    context = (say(told.start(world, told.verbs[at])), say(told.step(world, told.verbs[at + 1]), links=("then",)))
    right = told.step(world, told.verbs[at + 2])
    endings = (right, *wrong_steps(world, told, told.verbs[at], right))
    return ChoiceFacts(context, "", tuple(alone(say(clause, links=("then",))) for clause in endings))


def wrong_steps(world: World, told: Story, past: str, right: Clause) -> tuple[Clause, Clause, Clause]:
    """Three endings that are not next."""
    foreign = [pair[0] for pair in world.genre.verbs if pair[0] not in told.verbs]
    other = world.thing(plain=True)
    while other.noun == told.patient.noun:
        other = world.thing(plain=True)
    return told.step(world, past), told.step(world, world.rng.choice(foreign)), replace(right, patient=other)


TWIN = Twin("hellaswag", "a", (), draw, classes=4, sizes={"train": 4000, "dev": 400, "test": 500})
