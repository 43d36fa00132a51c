"""One adapter trained on the intermediate tasks one after another, with a table of what it forgets on the way."""

from adaptstilts.compositions import Composition, Members, Workshop


def members(workshop: Workshop, tasks: tuple[str, ...], times: int) -> Members:
    return {"sequential": workshop.in_turn(tasks)}


composition = Composition(
    name="sequential",
    summary="baseline: one adapter trained on the tasks one after another, with a forgetting table",
    ordered=True,
    least=2,
    members=members,
    citation="Gautam et al. 2020, arXiv 2011.08508 (protocol); Chaudhry et al. 2018, arXiv 1801.10112 (forgetting)",
)
