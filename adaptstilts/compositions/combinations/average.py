"""The mean of the intermediate adapters' outputs: fusion without anything to train."""

from adaptstilts.compositions import Averaged, Composition

composition = Composition(
    name="average",
    summary="mean of the intermediate adapters' outputs",
    arrange=Averaged,
    citation="Wang et al. 2021, arXiv 2109.04877 (ensembles of adapters)",
)
