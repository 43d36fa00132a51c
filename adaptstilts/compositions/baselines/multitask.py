"""One adapter trained on all intermediate tasks at once, below the target adapter: multi-task STILTs in one adapter."""

from adaptstilts.compositions import Composition, Members, Workshop


def members(workshop: Workshop, tasks: tuple[str, ...], times: int) -> Members:
    return {"multitask": workshop.together(tasks)}


composition = Composition(
    name="multitask",
    summary="baseline: one adapter trained on all tasks at once",
    least=2,
    members=members,
    citation="Phang et al. 2020, arXiv 2005.13013 (multi-task); Raffel et al. 2020, arXiv 1910.10683 (sampling)",
)
