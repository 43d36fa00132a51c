"""Fusion over adapters that nothing has trained: what its parameters give by themselves."""

from adaptstilts.compositions import Composition, Fused

composition = Composition(
    name="random",
    summary="control: fusion over untrained adapters",
    ordered=False,
    least=0,
    most=0,
    arrange=Fused,
    ingredients="random",
    citation="Pfeiffer et al. 2021, arXiv 2005.00247 (fusion)",
)
