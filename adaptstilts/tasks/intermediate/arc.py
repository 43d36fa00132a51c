"""ARC: questions of American school exams in science, the easy ones and the challenge together."""

from adaptstilts.tasks.lettered import lettered
from adaptstilts.tasks.task import Source, Task


def _both(split: str) -> tuple[Source, ...]:
    revision = "210d026faf9955653af8916fad021475a3f00453"
    return tuple(Source("allenai/ai2_arc", config, split, revision) for config in ("ARC-Challenge", "ARC-Easy"))


task = Task(
    name="arc",
    kind="choice",
    role="intermediate",
    summary="questions of school exams in science, three to five choices",
    metric="accuracy",
    train=_both("train"),
    dev=_both("validation"),
    test=_both("test"),
    prepare=lettered,
    family=("arc", "science_exams"),
    twin="csqa",
    licence="CC BY-SA 4.0",
    citation="Clark et al. 2018, arXiv 1803.05457",
    notes="A third of the questions are the challenge set, which retrieval and co-occurrence of words answer wrongly.",
)
