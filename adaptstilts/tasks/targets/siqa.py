"""Social IQa: what people want, feel and do next, with three answers; the larger part of XCOPA's training data."""

from adaptstilts.tasks.commonsense import choices
from adaptstilts.tasks.task import Source, Task

_HELD = (Source("lighteval/siqa", "default", "validation"),)

task = Task(
    name="siqa",
    kind="choice",
    role="target",
    summary="motives and reactions in social situations",
    metric="accuracy",
    train=(Source("lighteval/siqa", "default", "train"),),
    dev=_HELD,
    test=_HELD,
    prepare=choices,
    family=("siqa",),
    licence="CC BY 4.0",
    citation="Sap et al. 2019, arXiv 1904.09728",
    notes="The test set is not on the Hub, so dev is scored: select on a held-out part of the training set.",
)
