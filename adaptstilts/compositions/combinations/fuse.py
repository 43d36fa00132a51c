"""AdapterFusion: an attention over the outputs of the intermediate adapters, trained on the target task."""

from adaptstilts.compositions import Composition, Fused

composition = Composition(
    name="fuse",
    summary="attention over the intermediate adapters (AdapterFusion), trained on the target",
    arrange=Fused,
    citation="Pfeiffer et al. 2021, arXiv 2005.00247",
)
