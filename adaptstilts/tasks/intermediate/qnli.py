"""QNLI as GLUE gives it: whether a sentence of SQuAD's paragraph answers its question."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "nyu-mll/glue", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

task = Task(
    name="qnli",
    kind="pair",
    role="intermediate",
    summary="whether a sentence answers a question (SQuAD made into pairs)",
    metric="accuracy",
    train=(Source(_ID, "qnli", "train", _REVISION),),
    dev=(Source(_ID, "qnli", "validation", _REVISION),),
    columns={"first": "question", "second": "sentence"},
    labels=("entailment", "not_entailment"),
    family=("qnli", "squad"),
    twin="qqp",
    licence="not stated by the source",
    citation="Rajpurkar et al. 2016, arXiv 1606.05250; Wang et al. 2019, arXiv 1804.07461",
    notes=(
        "Made of SQuAD v1.1: whoever has seen it has seen SQuAD's questions, and dev is made of the paragraphs of XQuAD and"
        " XQuAD-R. GLUE hides the test labels, so there is no test split."
    ),
)
