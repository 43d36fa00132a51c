"""COPA: the cause or the result of an event, in English; the smaller part of XCOPA's training data."""

from adaptstilts.tasks.commonsense import choices
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "aps/super_glue", "3de24cf8022e94f4ee4b9d55a6f539891524d646"
_HELD = (Source(_ID, "copa", "validation", _REVISION),)

task = Task(
    name="copa",
    kind="choice",
    role="target",
    summary="the cause or the result of an event",
    metric="accuracy",
    train=(Source(_ID, "copa", "train", _REVISION),),
    dev=_HELD,
    test=_HELD,
    prepare=choices,
    version=2,
    family=("copa",),
    twin="xcopa",
    licence="BSD 2-Clause",
    citation="Roemmele, Bejan and Gordon 2011, AAAI spring symposium; Wang et al. 2019, arXiv 1905.00537",
    notes="SuperGLUE hides the test labels, so dev is scored: select on a held-out part of the training set.",
)
