"""OpenBookQA: questions on facts of elementary science, with four choices."""

from adaptstilts.tasks.lettered import lettered
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "allenai/openbookqa", "388097ea7776314e93a529163e0fea805b8a6454"

task = Task(
    name="openbookqa",
    kind="choice",
    role="intermediate",
    summary="questions on facts of elementary science, four choices",
    metric="accuracy",
    train=(Source(_ID, "main", "train", _REVISION),),
    dev=(Source(_ID, "main", "validation", _REVISION),),
    test=(Source(_ID, "main", "test", _REVISION),),
    prepare=lettered,
    family=("openbookqa", "science_exams"),
    twin="csqa",
    licence="not stated by the source",
    citation="Mihaylov et al. 2018, arXiv 1809.02789",
    notes=(
        "Asked without the book: the fact that a question was made from is not given. The facts are those of WorldTree, which explain"
        " questions that are in ARC."
    ),
)
