"""One adapter made of the weights of all: it costs what one adapter costs, however many it was made of."""

from adaptstilts.compositions import Composition, Merged

composition = Composition(
    name="merge",
    summary="one adapter made of the intermediate adapters' weights",
    arrange=Merged,
    methods=("linear", "arithmetic", "ties", "dare", "learned"),
    citation=(
        "Chronopoulou et al. 2023, arXiv 2302.07027 (linear); Ilharco et al. 2023, arXiv 2212.04089 (arithmetic); "
        "Yadav et al. 2023, arXiv 2306.01708 (ties); Yu et al. 2024, arXiv 2311.03099 (dare); "
        "Yang et al. 2024, arXiv 2310.02575 (learned weights per layer)"
    ),
)
