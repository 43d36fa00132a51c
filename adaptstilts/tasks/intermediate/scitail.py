"""SciTail: whether a sentence of the web entails the answer to a question of a science exam."""

from adaptstilts.tasks.task import Source, Task

_ID = "allenai/scitail"

task = Task(
    name="scitail",
    kind="pair",
    role="intermediate",
    summary="whether a sentence entails an answer to a question of science",
    metric="accuracy",
    train=(Source(_ID, "tsv_format", "train"),),
    dev=(Source(_ID, "tsv_format", "validation"),),
    test=(Source(_ID, "tsv_format", "test"),),
    columns={"first": "premise", "second": "hypothesis"},
    labels=("entails", "neutral"),
    family=("scitail", "science_exams"),
    twin="qqp",
    licence="not stated by the source",
    citation="Khot, Sabharwal and Clark 2018, AAAI",
    notes=(
        "Hypotheses are answered questions of SciQ and of the school exams that ARC holds. Intermediate in Pruksachatkun et al. (2020)."
    ),
)
