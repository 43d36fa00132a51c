"""A pool wider than nine: the tasks of Phang et al. (2020), and fourteen more that have English rows."""

from adaptstilts.tasks.group import Group

group = Group(
    name="english23",
    summary="the nine of Phang et al. 2020 and fourteen more with English rows",
    tasks=(
        *("anli", "mnli", "qqp", "squad", "squad2", "hellaswag", "ccg", "cosmosqa", "csqa"),
        *("arc", "boolq", "cola", "copa", "mrpc", "openbookqa", "piqa"),
        *("qnli", "rte", "scitail", "siqa", "snli", "sst2", "winogrande"),
    ),
    citation="this file",
)
