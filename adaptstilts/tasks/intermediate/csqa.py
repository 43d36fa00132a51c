"""CommonsenseQA: questions over ConceptNet with five choices."""

from adaptstilts.tasks.lettered import lettered
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "tau/commonsense_qa", "94630fe30dad47192a8546eb75f094926d47e155"

task = Task(
    name="csqa",
    kind="choice",
    role="intermediate",
    summary="commonsense questions with five choices",
    metric="accuracy",
    train=(Source(_ID, "default", "train", _REVISION),),
    dev=(Source(_ID, "default", "validation", _REVISION),),
    prepare=lettered,
    family=("commonsenseqa",),
    licence="MIT",
    citation="Talmor et al. 2019, arXiv 1811.00937",
    notes="The test labels are hidden, so there is no test split.",
)
