"""ANLI, round 3: pairs that people wrote until a set of stronger RoBERTa models, over more genres, got them wrong."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "facebook/anli", "8e4813d81f46d313dac7892e1c28076917cfcdf9"

task = Task(
    name="anli_r3",
    kind="pair",
    role="challenge",
    of=("xnli", "mnli", "anli"),
    summary="natural language inference written against a model, round 3",
    metric="accuracy",
    dev=(Source(_ID, "plain_text", "dev_r3", _REVISION),),
    test=(Source(_ID, "plain_text", "test_r3", _REVISION),),
    columns={"first": "premise", "second": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    family=("anli",),
    twin="anli",
    licence="CC BY-NC 4.0",
    citation="Nie et al. 2020, arXiv 1910.14599",
    notes="Training sets of the same round belong to the intermediate task anli: with its adapter these rows are seen.",
)
