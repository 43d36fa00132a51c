"""RTE as GLUE gives it: whether a text entails a hypothesis, from four rounds of a shared task."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "nyu-mll/glue", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

task = Task(
    name="rte",
    kind="pair",
    role="intermediate",
    summary="whether a text entails a hypothesis",
    metric="accuracy",
    train=(Source(_ID, "rte", "train", _REVISION),),
    dev=(Source(_ID, "rte", "validation", _REVISION),),
    columns={"first": "sentence1", "second": "sentence2"},
    labels=("entailment", "not_entailment"),
    family=("rte",),
    twin="qqp",
    licence="not stated by the source",
    citation=(
        "Dagan et al. 2006, Bar-Haim et al. 2006, Giampiccolo et al. 2007, Bentivogli et al. 2009 (RTE-1, 2, 3, 5);"
        " Wang et al. 2019, arXiv 1804.07461"
    ),
    notes="GLUE hides the test labels, so there is no test split. A target in Pruksachatkun et al. (2020).",
)
