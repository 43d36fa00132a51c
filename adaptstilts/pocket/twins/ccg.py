"""Twin of CCGbank supertagging: a category for every word, which depends on where the word stands."""

from adaptstilts.pocket.facts import say
from adaptstilts.pocket.twin import Tagged, Twin, alone
from adaptstilts.pocket.world import World

LABELS = (
    *("N", "NP", "N/N", "N\\N", "NP/N", "NP/NP", "NP\\NP", "S\\NP", "S/NP"),
    *("(S\\NP)/NP", "(S\\NP)\\NP", "(S/NP)/NP", "(S/S)/NP", "(S\\S)/NP", "(S/S)\\NP", "(S\\S)\\NP"),
    *("(S\\NP)/(S\\NP)", "(S\\NP)\\(S\\NP)", "(S/NP)/(S/NP)", "(S/NP)\\(S/NP)"),
    *("S/S", "S\\S", "(S\\NP)/S", "S/N", "conj", "."),
)


def draw(world: World, label: int) -> Tagged:
    """One or two events, now and then denied or reported."""
    clauses = [world.event()]
    if world.rng.random() < 0.3:
        clauses.append(world.event(places=0.3, times=0.1))
    speaker = world.person() if world.rng.random() < 0.2 else None
    return Tagged(alone(say(*clauses, speaker=speaker)), "category")


TWIN = Twin("ccg", "a", LABELS, draw, sizes={"train": 4000, "dev": 400, "test": 500})
