"""One task's adapter as wide as several together: as many parameters, and no other task."""

from adaptstilts.compositions import Composition, Members, Workshop
from adaptstilts.compositions.limits import widened
from adaptstilts.settings import AdapterSettings


def members(workshop: Workshop, tasks: tuple[str, ...], times: int) -> Members:
    (task,) = tasks
    return {task: workshop.wide(task, times)}


def unfit(shape: AdapterSettings) -> str:
    return "its vectors are as wide as the encoder, no more and no less" if widened(shape, 2) == shape else ""


composition = Composition(
    name="wide",
    summary="control: one task's adapter, several times as wide",
    most=1,
    members=members,
    sized=True,
    unfit=unfit,
    citation="Houlsby et al. 2019, arXiv 1902.00751 (width of adapters)",
)
