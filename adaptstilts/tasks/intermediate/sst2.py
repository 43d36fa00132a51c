"""SST-2 as GLUE gives it: whether a phrase of a film review is in favour of the film."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "nyu-mll/glue", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

task = Task(
    name="sst2",
    kind="single",
    role="intermediate",
    summary="whether a phrase of a film review is positive",
    metric="accuracy",
    train=(Source(_ID, "sst2", "train", _REVISION),),
    dev=(Source(_ID, "sst2", "validation", _REVISION),),
    columns={"text": "sentence"},
    labels=("negative", "positive"),
    family=("sst2",),
    twin="sib200",
    licence="not stated by the source",
    citation="Socher et al. 2013, EMNLP; Wang et al. 2019, arXiv 1804.07461",
    notes=(
        "GLUE hides the test labels, so there is no test split. Intermediate in Pruksachatkun et al. (2020). Training rows are"
        " phrases as well as sentences; dev has sentences only."
    ),
)
