"""Fusion over one task's adapters of several seeds: as many as the tasks would be, and no other task."""

from adaptstilts.compositions import Composition, Fused, Members, Workshop


def members(workshop: Workshop, tasks: tuple[str, ...], times: int) -> Members:
    (task,) = tasks
    return {f"{task}-{number + 1}": workshop.adapter(task, seed=number) for number in range(times)}


composition = Composition(
    name="copies",
    summary="control: fusion over one task's adapters of several seeds",
    most=1,
    arrange=Fused,
    members=members,
    sized=True,
    citation="Pfeiffer et al. 2021, arXiv 2005.00247 (fusion)",
)
