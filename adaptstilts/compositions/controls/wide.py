"""One task's adapter as wide as several together: as many parameters, and no other task."""

from adaptstilts.compositions import Composition

composition = Composition(
    name="wide",
    summary="control: one task's adapter, several times as wide",
    ordered=False,
    least=1,
    most=1,
    arrange=lambda names: names[0],
    ingredients="wide",
    citation="Houlsby et al. 2019, arXiv 1902.00751 (width of adapters)",
)
