"""Twin of TyDi QA: little training data, and short questions asked without having seen the passage."""

from dataclasses import replace

from adaptstilts.pocket.facts import say
from adaptstilts.pocket.passages import Asked, asked, passage
from adaptstilts.pocket.twin import Twin
from adaptstilts.pocket.world import World


def draw(world: World, label: int) -> Asked:
    """Sentences of two events each; the question says no more than it must."""
    clauses = passage(world, 4, places=0.4, times=0.3)
    drawn = asked(world, clauses, detail=0.0)
    context = tuple(say(*clauses[i : i + 2], links=("", "while")) for i in range(0, 4, 2))
    return replace(drawn, context=context, sentence=drawn.sentence // 2, clause=drawn.sentence % 2)


TWIN = Twin("tydiqa", "b", (), draw, sizes={"train": 1200, "dev": 400, "test": 500})
