"""Twin of PAWS-X: two sentences of the same words that say the same, or exchange who did what to whom."""

from dataclasses import replace

from adaptstilts.pocket.facts import Clause, say
from adaptstilts.pocket.twin import PairFacts, Twin, alone
from adaptstilts.pocket.world import World, swapped


def draw(world: World, label: int) -> PairFacts:
    """Both labels flip the voice and move adjuncts equally often; label 0 exchanges two parts as well."""
    clause = world.event(places=0.5, times=0.2, animate=True)
    speaker = world.person(long=0.5) if world.rng.random() < 0.3 else None
    said = again(world, clause)
    if not label:
        said = exchanged(world, said)
    return PairFacts(alone(say(clause, speaker=speaker)), alone(say(said, speaker=speaker)))


def again(world: World, clause: Clause) -> Clause:
    """The same in another voice or order, with few synonyms."""
    moved = clause.place and world.rng.random() < 0.5
    flipped = not moved or world.rng.random() < 0.4
    said = replace(clause, passive=clause.passive ^ flipped)
    if moved:
        said = replace(said, fronted="" if clause.fronted == "place" else "place")
    return replace(said, verb=world.same(said.verb)) if world.rng.random() < 0.4 else said


def exchanged(world: World, clause: Clause) -> Clause:
    """Agent and patient exchanged, or their adjectives."""
    patient = clause.patient
    assert patient is not None
    if clause.agent.noun and patient.noun and clause.agent.adjective != patient.adjective and world.rng.random() < 0.35:
        agent = replace(clause.agent, adjective=patient.adjective)
        return replace(clause, agent=agent, patient=replace(patient, adjective=clause.agent.adjective))
    return swapped(clause)


TWIN = Twin("pawsx", "b", ("different", "paraphrase"), draw, classes=2, sizes={"train": 6000, "dev": 400, "test": 500})
