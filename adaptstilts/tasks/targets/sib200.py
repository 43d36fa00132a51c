"""SIB-200: the topic of a sentence, in 128 of the set's 205 language variants."""

from adaptstilts.tasks.flores import SIB200
from adaptstilts.tasks.task import Source, Task

_ID = "Davlan/sib200"

task = Task(
    name="sib200",
    kind="single",
    role="target",
    summary="the topic of a sentence in 128 language variants",
    metric="accuracy",
    train=(Source(_ID, "{language}", "train"),),
    dev=(Source(_ID, "{language}", "validation"),),
    test=(Source(_ID, "{language}", "test"),),
    columns={"text": "text", "label": "category", "id": "index_id"},
    labels=("science/technology", "travel", "politics", "sports", "health", "entertainment", "geography"),
    languages=tuple(SIB200),
    spellings=SIB200,
    family=("sib200", "flores"),
    parallel=True,
    licence="CC BY-SA 4.0",
    citation="Adelani et al. 2024, arXiv 2309.07445",
    notes="701 sentences to train on, 99 and 204 for dev and test. Declared are Belebele's languages and all that XLM-R has seen.",
)
