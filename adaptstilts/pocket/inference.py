"""What follows from an event, what it rules out, and what it leaves open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from adaptstilts.pocket.facts import Clause, Thing
from adaptstilts.pocket.world import World, base, category, opposite, swapped

Move = Callable[[World, Clause], "Clause | None"]


def entailed(world: World, clause: Clause) -> Clause:
    """Something that must hold too: other words, less detail, a more general noun (no loss of detail under negation)."""
    said = world.again(clause, flip=0.4)
    if clause.negated:
        return said
    rng = world.rng
    if said.place and rng.random() < 0.5:
        said = replace(said, place=None)
    if said.time and rng.random() < 0.5:
        said = replace(said, time="")
    said = replace(said, agent=_less(world, said.agent))
    return replace(said, patient=_less(world, said.patient)) if said.patient else said


def _less(world: World, thing: Thing) -> Thing:
    if thing.name:
        return thing
    if thing.adjective and world.rng.random() < 0.4:
        thing = replace(thing, adjective="")
    if world.rng.random() < 0.2:
        thing = replace(thing, noun=category(thing.noun))
    return thing


def contradicted(world: World, clause: Clause) -> Clause:
    """Something that cannot hold too: a negation, an opposite, another number, place or time."""
    if clause.negated:
        return replace(world.again(clause, flip=0.4), negated=False)
    moves: tuple[Move, ...] = (_deny, _opposite, _other_number, _other_place, _other_time)
    return _first_that_works(world, clause, moves)


def neutral(world: World, clause: Clause) -> Clause:
    """Something that may hold or not: other participants, another deed, added detail, exchanged roles."""
    moves: tuple[Move, ...] = (_other_agent, _other_patient, _other_verb)
    if not clause.negated:
        moves += (_add_adjective, _add_adjunct, _swap)
    return _first_that_works(world, clause, moves)


def _first_that_works(world: World, clause: Clause, moves: tuple[Move, ...]) -> Clause:
    for move in world.rng.sample(moves, len(moves)):
        made = move(world, clause)
        if made is not None:
            return made
    raise AssertionError("one move of each list always works")


def _deny(world: World, clause: Clause) -> Clause | None:
    return replace(entailed(world, clause), negated=True)


def _opposite(world: World, clause: Clause) -> Clause | None:
    return _with_another(
        world, clause, "adjective", lambda thing: opposite(thing.adjective), lambda old: world.same(opposite(old))
    )


def _other_number(world: World, clause: Clause) -> Clause | None:
    def other(count: int) -> int:
        return world.rng.choice([n for n in range(2, 8) if n != count])

    return _with_another(world, clause, "count", lambda thing: thing.count > 1, other)


def _other_place(world: World, clause: Clause) -> Clause | None:
    if not clause.place:
        return None
    places = [p for p in world.genre.places if p != clause.place.noun]
    return replace(world.again(clause, flip=0.4), place=Thing(world.rng.choice(places)))


def _other_time(world: World, clause: Clause) -> Clause | None:
    if not clause.time:
        return None
    times = [t for t in world.genre.times if t != clause.time]
    return replace(world.again(clause, flip=0.4), time=world.rng.choice(times))


def _other_agent(world: World, clause: Clause) -> Clause | None:
    known = (clause.agent, clause.patient)
    return replace(entailed(world, clause), agent=_another(world, known, world.agent))


def _other_patient(world: World, clause: Clause) -> Clause | None:
    known = (clause.agent, clause.patient)
    return replace(entailed(world, clause), patient=_another(world, known, world.thing))


def _another(world: World, known: tuple[Thing | None, ...], draw: Callable[[], Thing]) -> Thing:
    taken = {(base(t.noun), t.name) for t in known if t}
    while True:
        thing = draw()
        if (base(thing.noun), thing.name) not in taken:
            return thing


def _other_verb(world: World, clause: Clause) -> Clause | None:
    verbs = [verb for pair in world.genre.verbs for verb in pair if base(verb) != base(clause.verb)]
    return replace(entailed(world, clause), verb=world.rng.choice(verbs))


def _add_adjective(world: World, clause: Clause) -> Clause | None:
    def bare(thing: Thing) -> bool:
        return bool(thing.noun) and not thing.adjective

    return _with_another(world, clause, "adjective", bare, lambda old: world.adjective())


def _add_adjunct(world: World, clause: Clause) -> Clause | None:
    said = world.again(clause, flip=0.4)
    if not clause.place:
        return replace(said, place=world.place())
    if not clause.time:
        return replace(said, time=world.rng.choice(world.genre.times))
    return None


def _swap(world: World, clause: Clause) -> Clause | None:
    if not clause.patient or not (clause.patient.name or category(clause.patient.noun) in ("animal", "person")):
        return None
    return swapped(world.again(clause, flip=0.4))


def _with_another(
    world: World, clause: Clause, field: str, fits: Callable[[Thing], object], other: Callable[[Any], Any]
) -> Clause | None:
    """The clause in other words, one field of its agent or patient another; None where neither fits."""
    for side in world.rng.sample(("agent", "patient"), 2):
        thing: Thing | None = getattr(clause, side)
        if thing and fits(thing):
            said = world.again(clause, flip=0.4)
            changed: dict[str, Any] = {field: other(getattr(thing, field))}
            changed = {side: replace(getattr(said, side), **changed)}
            return replace(said, **changed)
    return None
