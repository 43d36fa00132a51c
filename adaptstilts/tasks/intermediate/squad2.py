"""SQuAD v2.0: a third of the questions has no answer in the paragraph."""

from adaptstilts.tasks.offsets import anchored
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "rajpurkar/squad_v2", "3ffb306f725f7d2ce8394bc1873b24868140c412"

task = Task(
    name="squad2",
    kind="span",
    role="intermediate",
    summary="answers as spans of a Wikipedia paragraph, or none",
    metric="squad_f1",
    train=(Source(_ID, "squad_v2", "train", _REVISION, language="en"),),
    dev=(Source(_ID, "squad_v2", "validation", _REVISION, language="en"),),
    columns={"id": "id"},
    prepare=anchored,
    options={"no_answer": True},
    family=("squad",),
    licence="CC BY-SA 4.0",
    citation="Rajpurkar, Jia and Liang 2018, arXiv 1806.03822",
)
