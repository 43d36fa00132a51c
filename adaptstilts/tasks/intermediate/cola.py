"""CoLA as GLUE gives it: whether an English sentence is one that linguists call acceptable."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "nyu-mll/glue", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

task = Task(
    name="cola",
    kind="single",
    role="intermediate",
    summary="whether a sentence is acceptable English",
    metric="balanced_accuracy",
    train=(Source(_ID, "cola", "train", _REVISION),),
    dev=(Source(_ID, "cola", "validation", _REVISION),),
    columns={"text": "sentence"},
    labels=("unacceptable", "acceptable"),
    family=("cola",),
    twin="sib200",
    licence="not stated by the source",
    citation="Warstadt, Singh and Bowman 2019, arXiv 1805.12471; Wang et al. 2019, arXiv 1804.07461",
    notes=(
        "Seven of ten sentences are acceptable, so the metric is balanced accuracy, where a constant answer scores 50. GLUE's own,"
        " Matthews' correlation, may be negative, and records hold shares. GLUE hides the test labels, so there is no test split."
        " A target in Pruksachatkun et al. (2020)."
    ),
)
