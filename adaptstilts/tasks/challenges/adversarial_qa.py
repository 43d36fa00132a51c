"""AdversarialQA: questions that people wrote about SQuAD's paragraphs until BiDAF, BERT or RoBERTa failed."""

from adaptstilts.tasks.offsets import anchored
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "UCLNLP/adversarial_qa", "c2d5f738db1ad21a4126a144dfbb00cb51e0a4a9"

task = Task(
    name="adversarial_qa",
    kind="span",
    role="challenge",
    of=("xquad", "mlqa", "tydiqa", "squad", "squad2"),
    summary="questions written against three reading models",
    metric="squad_f1",
    test=tuple(Source(_ID, model, "validation", _REVISION) for model in ("dbidaf", "dbert", "droberta")),
    columns={"id": "id"},
    prepare=anchored,
    family=("adversarial_qa", "squad"),
    licence="CC BY-SA 4.0",
    citation="Bartolo et al. 2020, arXiv 2002.00293",
    notes="1,000 questions a model. The answers of the test sets are hidden, so the development sets are scored.",
)
