"""AddOneSent: SQuAD paragraphs with one more sentence that looks like an answer and is none."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.offsets import anchored
from adaptstilts.tasks.task import Source, Task


def _distracted(record: dict[str, Any], language: str) -> dict[str, Any] | None:
    """The set holds its clean questions too; only the changed ones have a suffix after SQuAD's own id."""
    return anchored(record, language) if "-" in str(record["id"]) else None


task = Task(
    name="squad_adversarial",
    kind="span",
    role="challenge",
    of=("xquad", "mlqa", "tydiqa", "squad", "squad2"),
    summary="SQuAD paragraphs with a distracting sentence",
    metric="squad_f1",
    test=(Source("stanfordnlp/squad_adversarial", "AddOneSent", "validation", "refs/convert/parquet"),),
    columns={"id": "id"},
    prepare=_distracted,
    family=("squad_adversarial", "squad"),
    licence="MIT",
    citation="Jia and Liang 2017, arXiv 1707.07328",
    notes=(
        "The main branch holds a script, which clients refuse; a file in SQuAD's format may be given in place of the parquet"
        " branch, with the changed questions alone. Jia and Liang score a question by the worse of its clean"
        " and changed form; here the changed one counts."
    ),
)
