"""Twin of QQP: two questions that ask the same in other words, or something else in nearly the same words."""

from dataclasses import replace

from adaptstilts.pocket.facts import Clause, ask
from adaptstilts.pocket.inference import neutral
from adaptstilts.pocket.passages import asking, possible_roles
from adaptstilts.pocket.twin import PairFacts, Twin, alone
from adaptstilts.pocket.world import World, core


def draw(world: World, label: int) -> PairFacts:
    """Label 1: the same fact and role asked for; label 0: another role, or another fact."""
    clause = world.event(places=0.4, times=0.3)
    role = world.rng.choice(possible_roles(clause))
    first = asking(clause, role)
    second = asking(world.again(clause), role) if label else different(world, clause, role)
    return PairFacts(alone(ask(first)), alone(ask(second)))


def different(world: World, clause: Clause, role: str) -> Clause:
    """A question with another answer."""
    roles = [r for r in possible_roles(clause) if r != role]
    if world.rng.random() < 0.3:
        return asking(world.again(clause), world.rng.choice(roles))
    while True:
        other = neutral(world, replace(clause, negated=False))
        kept = {"agent": other.agent != clause.agent, "patient": other.patient != clause.patient}
        if role in possible_roles(other) and other.verb and not (role in kept and _only(other, clause, role)):
            return asking(other, role)


def _only(other: Clause, clause: Clause, role: str) -> bool:
    """Whether two events differ in nothing that a question for this role would still say."""
    at = {"agent": 1, "patient": 2}[role]
    return all(a == b for i, (a, b) in enumerate(zip(core(other), core(clause), strict=True)) if i != at)


TWIN = Twin("qqp", "a", ("not_duplicate", "duplicate"), draw, classes=2)
