"""Quora Question Pairs as GLUE gives them: whether two questions ask the same."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "nyu-mll/glue", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

task = Task(
    name="qqp",
    kind="pair",
    role="intermediate",
    summary="whether two questions ask the same",
    metric="accuracy",
    train=(Source(_ID, "qqp", "train", _REVISION),),
    dev=(Source(_ID, "qqp", "validation", _REVISION),),
    columns={"first": "question1", "second": "question2"},
    labels=("not_duplicate", "duplicate"),
    family=("quora",),
    licence="not stated by the source; subject to Quora's terms of service",
    citation="Iyer, Dandekar and Csernai 2017, First Quora Dataset Release; Wang et al. 2019, arXiv 1804.07461",
    notes="GLUE hides the test labels, so there is no test split.",
)
