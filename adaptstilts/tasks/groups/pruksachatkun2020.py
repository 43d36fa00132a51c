"""Nine of the eleven intermediate tasks of Pruksachatkun et al. (2020): QAMR and QA-SRL are not declared."""

from adaptstilts.tasks.group import Group

group = Group(
    name="pruksachatkun2020",
    summary="the intermediate tasks of Pruksachatkun et al. 2020 but QAMR and QA-SRL",
    tasks=("csqa", "scitail", "cosmosqa", "siqa", "ccg", "hellaswag", "sst2", "qqp", "mnli"),
    citation="Pruksachatkun et al. 2020, arXiv 2005.00628",
)
