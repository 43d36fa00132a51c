"""One intermediate task's adapter, trained with masked-language modelling on running text in between."""

from adaptstilts.compositions import Composition, Members, Workshop


def members(workshop: Workshop, tasks: tuple[str, ...], times: int) -> Members:
    (task,) = tasks
    return {task: workshop.with_text(task)}


composition = Composition(
    name="mlm",
    summary="baseline: one task's adapter, masked-language modelling on your text in between",
    most=1,
    members=members,
    citation="Phang et al. 2020, arXiv 2005.13013 (section 4.3); Devlin et al. 2019, arXiv 1810.04805",
)
