"""Twin of XCOPA: what was the cause of an event, or its effect, in the target genre."""

from adaptstilts.pocket.facts import say
from adaptstilts.pocket.stories import other_states, states
from adaptstilts.pocket.twin import ChoiceFacts, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> ChoiceFacts:
    """The wrong choice is the other end of the causal chain or an unrelated state."""
    while True:
        clause = world.event(places=0.5, times=0.3)
        if clause.patient and clause.patient.noun:
            break
    cause, effect = states(world, clause)
    question = world.rng.choice(("cause", "effect"))
    right, reverse = (cause, effect) if question == "cause" else (effect, cause)
    wrong = reverse if world.rng.random() < 0.5 else other_states(world, cause, effect)[0]
    choices = tuple(alone(say(world.state(clause.patient, world.same(word)))) for word in (right, wrong))
    return ChoiceFacts(alone(say(clause)), question, choices)


TWIN = Twin("xcopa", "b", (), draw, classes=2, sizes={"train": 4000, "dev": 400, "test": 500})
