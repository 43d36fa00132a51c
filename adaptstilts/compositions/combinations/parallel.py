"""A gate over the intermediate adapters: each layer mixes their outputs token by token, as trained on the target."""

from adaptstilts.compositions import Composition, Gated

composition = Composition(
    name="parallel",
    summary="outputs of the intermediate adapters mixed by a gate in each layer, trained on the target",
    arrange=Gated,
    citation="Jacobs et al. 1991, Neural Computation 3(1); Buehler and Buehler 2024, arXiv 2402.07148",
)
