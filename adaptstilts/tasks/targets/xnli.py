"""XNLI: natural language inference in fifteen languages, translated by people from English."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "facebook/xnli", "b8dd5d7af51114dbda02c0e3f6133f332186418e"

task = Task(
    name="xnli",
    kind="pair",
    role="target",
    summary="natural language inference in 15 languages",
    metric="accuracy",
    train=(Source(_ID, "{language}", "train", _REVISION),),
    dev=(Source(_ID, "{language}", "validation", _REVISION),),
    test=(Source(_ID, "{language}", "test", _REVISION),),
    columns={"first": "premise", "second": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    languages=("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"),
    family=("multinli", "xnli"),
    parallel=True,
    licence="CC BY-NC 4.0; English training rows as MultiNLI",
    citation="Conneau et al. 2018, arXiv 1809.05053",
    notes="The English training set is MultiNLI; those of other languages are machine translations of it.",
)
