"""No intermediate adapter: the target adapter and head alone, the baseline at k = 0."""

from adaptstilts.compositions import Composition

composition = Composition(
    name="none",
    summary="target adapter and head only (k = 0)",
    least=0,
    most=0,
    arrange=lambda tasks: None,
    citation="Houlsby et al. 2019, arXiv 1902.00751",
)
