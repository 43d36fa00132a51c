"""MultiNLI as GLUE gives it: inference over ten genres of English."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "nyu-mll/glue", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

task = Task(
    name="mnli",
    kind="pair",
    role="intermediate",
    summary="natural language inference in ten genres",
    metric="accuracy",
    train=(Source(_ID, "mnli", "train", _REVISION),),
    dev=(Source(_ID, "mnli", "validation_matched", _REVISION),),
    columns={"first": "premise", "second": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    family=("multinli",),
    licence="OANC; the fiction part CC BY 3.0, CC BY-SA 3.0 or public domain",
    citation="Williams et al. 2018, arXiv 1704.05426",
    notes="GLUE hides the test labels, so there is no test split; dev is the matched one.",
)
