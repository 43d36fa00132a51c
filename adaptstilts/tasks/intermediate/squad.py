"""SQuAD v1.1: every question has its answer in the paragraph."""

from adaptstilts.tasks.offsets import anchored
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "rajpurkar/squad", "7b6d24c440a36b6815f21b70d25016731768db1f"

task = Task(
    name="squad",
    kind="span",
    role="intermediate",
    summary="answers as spans of a Wikipedia paragraph",
    metric="squad_f1",
    train=(Source(_ID, "plain_text", "train", _REVISION, language="en"),),
    dev=(Source(_ID, "plain_text", "validation", _REVISION, language="en"),),
    columns={"id": "id"},
    prepare=anchored,
    family=("squad",),
    licence="CC BY-SA 4.0",
    citation="Rajpurkar et al. 2016, arXiv 1606.05250",
    notes="The dev set shares its paragraphs with XQuAD and XQuAD-R: do not select on it when those are targets.",
)
