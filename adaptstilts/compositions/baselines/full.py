"""The whole encoder is trained, on the intermediate tasks first and then on the target: STILTs as published."""

from adaptstilts.compositions import Composition, Members, Workshop


def members(workshop: Workshop, tasks: tuple[str, ...], times: int) -> Members:
    return {min(tasks): workshop.encoder(tasks)} if tasks else {}


composition = Composition(
    name="full",
    summary="baseline: fine-tune everything, on one task (or several at once) and then on the target",
    least=0,
    arrange=lambda names: None,
    members=members,
    whole=True,
    citation="Phang et al. 2018, arXiv 1811.01088; Phang et al. 2020, arXiv 2005.13013",
)
