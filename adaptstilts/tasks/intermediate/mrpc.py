"""MRPC as GLUE gives it: whether two sentences of news say the same."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "nyu-mll/glue", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

task = Task(
    name="mrpc",
    kind="pair",
    role="intermediate",
    summary="whether two sentences of news say the same",
    metric="accuracy",
    train=(Source(_ID, "mrpc", "train", _REVISION),),
    dev=(Source(_ID, "mrpc", "validation", _REVISION),),
    columns={"first": "sentence1", "second": "sentence2"},
    labels=("not_equivalent", "equivalent"),
    family=("mrpc",),
    twin="qqp",
    licence="not stated by the source",
    citation="Dolan and Brockett 2005, IWP; Wang et al. 2019, arXiv 1804.07461",
    notes="Two pairs of three are equivalent. GLUE hides the test labels, so there is no test split.",
)
