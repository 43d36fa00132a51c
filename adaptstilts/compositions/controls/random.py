"""Fusion over adapters that nothing has trained: what its parameters give by themselves."""

from adaptstilts.compositions import UNTRAINED, Composition, Fused, Members, Workshop


def members(workshop: Workshop, tasks: tuple[str, ...], times: int) -> Members:
    return {f"random-{number + 1}": UNTRAINED for number in range(times)}


composition = Composition(
    name="random",
    summary="control: fusion over untrained adapters",
    least=0,
    most=0,
    arrange=Fused,
    members=members,
    sized=True,
    citation="Pfeiffer et al. 2021, arXiv 2005.00247 (fusion)",
)
