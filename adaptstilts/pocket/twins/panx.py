"""Twin of PAN-X (WikiANN): names of people, organisations and places, of one or two words."""

from dataclasses import replace

from adaptstilts.pocket.facts import Thing
from adaptstilts.pocket.twin import Tagged, Twin, alone
from adaptstilts.pocket.world import World

LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")


def draw(world: World, label: int) -> Tagged:
    """Surnames and towns also name organisations, so that the word alone does not tell."""
    clause = world.event(places=0.7)
    agent = _named(world, clause.agent, 0.5)
    patient = _named(world, clause.patient or Thing(), 0.35)
    place = world.town() if clause.place and world.rng.random() < 0.6 else clause.place
    return Tagged(alone(world.longer(replace(clause, agent=agent, patient=patient, place=place))), "entity")


def _named(world: World, thing: Thing, odds: float) -> Thing:
    if world.rng.random() > odds:
        return thing
    return world.firm() if world.rng.random() < 0.5 else world.person(long=0.7)


TWIN = Twin("panx", "b", LABELS, draw, sizes={"train": 3000, "dev": 400, "test": 500})
