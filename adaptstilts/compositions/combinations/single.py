"""One intermediate adapter below the target adapter: STILTs with an adapter in place of the whole encoder."""

from adaptstilts.compositions import Composition

composition = Composition(
    name="single",
    summary="one intermediate adapter, frozen, below the target adapter",
    most=1,
    citation="Phang et al. 2018, arXiv 1811.01088; Poth et al. 2021, arXiv 2104.08247",
)
