"""MLQA: questions about Wikipedia in seven languages, answered in paragraphs that say the same in each."""

from adaptstilts.tasks.offsets import anchored
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "google/xtreme", "ec5f1f46e9af79639a90684a7a70a956c4998f04"

task = Task(
    name="mlqa",
    kind="span",
    role="target",
    summary="answers as spans of Wikipedia paragraphs in 7 languages",
    metric="mlqa_f1",
    train=(
        Source("rajpurkar/squad", "plain_text", "train", "7b6d24c440a36b6815f21b70d25016731768db1f", language="en"),
    ),
    dev=(Source(_ID, "MLQA.{language}.{language}", "validation", _REVISION),),
    test=(Source(_ID, "MLQA.{language}.{language}", "test", _REVISION),),
    columns={"id": "id"},
    prepare=anchored,
    languages=("ar", "de", "en", "es", "hi", "vi", "zh"),
    family=("squad", "mlqa"),
    twin="xquad",
    parallel=True,
    licence="CC BY-SA 3.0",
    citation="Lewis et al. 2020, arXiv 1910.07475",
    notes="Context and question are in one language. Not every question exists in every language.",
)
