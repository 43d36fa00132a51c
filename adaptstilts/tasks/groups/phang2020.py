"""The nine intermediate tasks of Phang et al. (2020)."""

from adaptstilts.tasks.group import Group

group = Group(
    name="phang2020",
    summary="the nine intermediate tasks of Phang et al. 2020",
    tasks=("anli", "mnli", "qqp", "squad", "squad2", "hellaswag", "ccg", "cosmosqa", "csqa"),
    citation="Phang et al. 2020, arXiv 2005.13013",
)
