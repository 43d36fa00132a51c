"""Passages of several sentences and the questions that one of them answers, or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from adaptstilts.pocket.facts import Clause, Sentence, Text, Thing, ask, say
from adaptstilts.pocket.world import World, category, core


@dataclass(frozen=True)
class Asked:
    """A passage, a question, and where the answer is: sentence, clause and role; no role means that there is none."""

    context: Text
    question: Sentence
    sentence: int = 0
    clause: int = 0
    role: str = ""
    number: bool = False


def possible_roles(clause: Clause) -> list[str]:
    """What can be asked about a clause."""
    roles = ["agent"]
    roles += ["patient"] if clause.patient else []
    roles += ["place"] if clause.place else []
    roles += ["time"] if clause.time else []
    roles += ["count"] if clause.patient and clause.patient.count > 1 else []
    return roles


def asking(clause: Clause, role: str) -> Clause:
    """The clause with one role asked for."""
    if role in ("agent", "patient"):
        thing: Thing = getattr(clause, role)
        person = thing.name or category(thing.noun) == "person"
        asked_for: dict[str, Any] = {role: Thing(ask="who" if person else "what")}
        return replace(clause, **asked_for)
    if role == "count":
        assert clause.patient is not None
        return replace(clause, patient=replace(clause.patient, ask="how_many"))
    if role == "place":
        return replace(clause, place=None, ask="where")
    return replace(clause, time="", ask="when")


def question(world: World, clause: Clause, role: str, detail: float = 0.5) -> Clause:
    """A question about a clause in other words; adjuncts and adjectives stay at the odds `detail`."""
    said = asking(world.again(clause, flip=0.3), role)
    if role != "place" and world.rng.random() > detail:
        said = replace(said, place=None)
    if role != "time" and world.rng.random() > detail:
        said = replace(said, time="")
    said = replace(said, agent=_brief(world, said.agent, detail))
    return replace(said, patient=_brief(world, said.patient, detail)) if said.patient else said


def _brief(world: World, thing: Thing, detail: float) -> Thing:
    return replace(thing, adjective="") if thing.adjective and world.rng.random() > detail else thing


def related(world: World, clause: Clause, places: float, times: float) -> Clause:
    """Another event that shares a participant or the verb with this one, never two of the three."""
    dice = world.rng.random()
    while True:
        other = world.event(places, times)
        if dice < 0.3:
            other = replace(other, verb=world.same(clause.verb))
        elif dice < 0.6:
            other = replace(other, agent=replace(clause.agent, adjective=""))
        if _apart(core(other), core(clause)):
            return other


def _apart(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shared = sum(a == b for a, b in zip(one, other, strict=True))
    return shared <= 1 and one[1] != one[2]


def passage(world: World, length: int, places: float = 0.5, times: float = 0.35) -> list[Clause]:
    """Events of which no two share two of verb, agent and patient."""
    clauses = [world.event(places, times)]
    while len(clauses) < length:
        other = related(world, world.rng.choice(clauses), places, times)
        if all(_apart(core(other), core(clause)) for clause in clauses):
            clauses.append(other)
    return clauses


def asked(world: World, clauses: list[Clause], detail: float = 0.5) -> Asked:
    """A question about one of the clauses, each said in one sentence."""
    at = world.rng.randrange(len(clauses))
    role = world.rng.choice(possible_roles(clauses[at]))
    said = question(world, clauses[at], role, detail)
    context = tuple(say(clause) for clause in clauses)
    return Asked(context, ask(said), at, 0, "patient" if role == "count" else role, role == "count")


def unanswerable(world: World, clauses: list[Clause]) -> Asked:
    """A question that sounds right but mixes up who did what: no clause answers it."""
    found = asked(world, clauses)
    clause = found.question.clauses[0]
    cores = [core(c) for c in clauses]
    while True:
        wrong = _mixed(world, clause, clauses)
        if not any(_fits(core(wrong), fact) for fact in cores):
            return Asked(found.context, ask(wrong))


def _mixed(world: World, clause: Clause, clauses: list[Clause]) -> Clause:
    other = world.rng.choice(clauses) if world.rng.random() < 0.5 else world.event()
    dice = world.rng.random()
    if dice < 0.34 or (clause.agent.ask and (clause.patient is None or clause.patient.ask)):
        return replace(clause, verb=world.same(other.verb))
    if dice < 0.67 and not clause.agent.ask:
        return replace(clause, agent=replace(other.agent, adjective=""))
    if clause.patient and not clause.patient.ask and other.patient:
        return replace(clause, patient=replace(other.patient, adjective=""))
    return replace(clause, verb=world.same(other.verb))


def _fits(wrong: tuple[str, ...], fact: tuple[str, ...]) -> bool:
    """Whether a fact answers a question: equal wherever the question does not ask ("")."""
    return all(asked_part in ("", part) for asked_part, part in zip(wrong, fact, strict=True))
