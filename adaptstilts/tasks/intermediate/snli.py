"""SNLI: inference from captions of photographs."""

from adaptstilts.tasks.agreed import agreed
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "stanfordnlp/snli", "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b"

task = Task(
    name="snli",
    kind="pair",
    role="intermediate",
    summary="natural language inference from captions of photographs",
    metric="accuracy",
    train=(Source(_ID, "plain_text", "train", _REVISION),),
    dev=(Source(_ID, "plain_text", "validation", _REVISION),),
    test=(Source(_ID, "plain_text", "test", _REVISION),),
    columns={"first": "premise", "second": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    prepare=agreed,
    family=("snli",),
    twin="mnli",
    licence="CC BY-SA 4.0",
    citation="Bowman et al. 2015, arXiv 1508.05326",
    notes="Pairs without a gold label are left out. All rows are also those of `anli`, which trains on SNLI and MNLI too.",
)
