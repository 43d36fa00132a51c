"""Twin of Cosmos QA: why somebody did something, or what came of it, where the passage does not say."""

from adaptstilts.pocket.facts import Clause, Sentence, say
from adaptstilts.pocket.passages import passage
from adaptstilts.pocket.stories import other_states, states
from adaptstilts.pocket.twin import ChoiceFacts, Twin, alone
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> ChoiceFacts:
    """Wrong answers: the other end of the causal chain, an unrelated state, the right state of somebody else."""
    while True:
        clauses = passage(world, 2, places=0.4, times=0.2)
        clause = clauses[0]
        if clause.patient and clause.patient.noun and clause.agent.noun:
            break
    cause, effect = states(world, clause)
    why = world.rng.random() < 0.5
    right, wrong = (cause, effect) if why else (effect, cause)
    other = other_states(world, cause, effect)[0]
    told = [(clause.patient, right), (clause.patient, wrong), (clause.patient, other), (clause.agent, right)]
    choices = tuple(alone(say(world.state(thing, world.same(word)))) for thing, word in told)
    return ChoiceFacts(tuple(say(c) for c in clauses), alone(_question(world.again(clause), why)), choices)


def _question(clause: Clause, why: bool) -> Sentence:
    if why:
        return Sentence((clause,), ("why",), question=True)
    happened = Clause(form="words", listed=("what", "happened"))
    return Sentence((happened, clause), ("", "after"), question=True)


TWIN = Twin("cosmosqa", "a", (), draw, classes=4, sizes={"train": 4000, "dev": 400, "test": 500})
