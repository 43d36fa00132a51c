"""One intermediate adapter below the target adapter: STILTs with an adapter in place of the whole encoder."""

from adaptstilts.compositions import Composition

composition = Composition(
    name="single",
    summary="one intermediate adapter, frozen, below the target adapter",
    ordered=False,
    least=1,
    most=1,
    arrange=lambda tasks: tasks[0],
    citation="Phang et al. 2018, arXiv 1811.01088; Poth et al. 2021, arXiv 2104.08247",
)
