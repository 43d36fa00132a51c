"""CommonsenseQA: questions over ConceptNet with five choices."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task


def _lettered(record: dict[str, Any], language: str) -> dict[str, Any]:
    """Choices and answer are lettered A to E; an answer that is no choice becomes -1, which the kind refuses."""
    letters, key = list(record["choices"]["label"]), record["answerKey"]
    return {
        "context": "",
        "question": record["question"],
        "choices": record["choices"]["text"],
        "label": letters.index(key) if key in letters else -1,
    }


_ID, _REVISION = "tau/commonsense_qa", "94630fe30dad47192a8546eb75f094926d47e155"

task = Task(
    name="csqa",
    kind="choice",
    role="intermediate",
    summary="commonsense questions with five choices",
    metric="accuracy",
    train=(Source(_ID, "default", "train", _REVISION),),
    dev=(Source(_ID, "default", "validation", _REVISION),),
    prepare=_lettered,
    family=("commonsenseqa",),
    licence="MIT",
    citation="Talmor et al. 2019, arXiv 1811.00937",
    notes="The test labels are hidden, so there is no test split.",
)
