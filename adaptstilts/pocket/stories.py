"""Chains of events, their usual order, and the states that cause them or come of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adaptstilts.pocket.facts import Clause, Thing
from adaptstilts.pocket.world import World, category, split_of


@dataclass(frozen=True)
class Story:
    """Who does what to whom in which order; `verbs` is the whole script of the patient's category."""

    agent: Thing
    patient: Thing
    verbs: tuple[str, ...]
    place: Thing | None

    def step(self, world: World, verb: str, passive: bool = False) -> Clause:
        """One step, said briefly."""
        agent = replace(self.agent, adjective="")
        return Clause(verb=world.same(verb), agent=agent, patient=replace(self.patient, adjective=""), passive=passive)

    def start(self, world: World, verb: str) -> Clause:
        """One step with all detail."""
        return replace(self.step(world, verb), agent=self.agent, patient=self.patient, place=self.place)


def story(world: World) -> Story:
    """A story of the world's split."""
    while True:
        agent, patient = world.agent(), world.thing()
        kind = category(patient.noun)
        if agent.noun == patient.noun:
            continue
        fact = (kind, " ".join(agent.name) or agent.noun, patient.noun)
        if not world.split or split_of(*fact) == world.split:
            place = world.place(towns=0.3) if world.rng.random() < 0.4 else None
            return Story(agent, patient, world.genre.scripts[kind], place)


def states(world: World, clause: Clause) -> tuple[str, str]:
    """The usual state of the patient before and after an event."""
    verbs = {pair[at]: pair[0] for pair in world.genre.verbs for at in (0, 1)}
    return world.genre.states[verbs[clause.verb]]


def other_states(world: World, *known: str) -> list[str]:
    """Adjectives of the genre that say none of the known ones, in random order."""
    words = [pair[0] for two in world.genre.opposites for pair in two]
    rest = [word for word in words if word not in known]
    return world.rng.sample(rest, len(rest))
