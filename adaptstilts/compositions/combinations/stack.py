"""Intermediate adapters one above another in the order given, frozen, below the target adapter."""

from adaptstilts.compositions import Composition, Stacked

composition = Composition(
    name="stack",
    summary="intermediate adapters one above another, in order",
    ordered=True,
    arrange=Stacked,
    citation="Pfeiffer et al. 2020, arXiv 2005.00052",
)
