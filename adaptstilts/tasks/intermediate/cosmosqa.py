"""Cosmos QA: causes and consequences that everyday blog posts leave unsaid."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task


def _answers(record: dict[str, Any], language: str) -> dict[str, Any]:
    return {**record, "choices": [record[f"answer{number}"] for number in range(4)]}


_ID, _REVISION = "allenai/cosmos_qa", "ed50fe83db62b355759053b1cd5eef344ee371e0"

task = Task(
    name="cosmosqa",
    kind="choice",
    role="intermediate",
    summary="reading between the lines of blog posts",
    metric="accuracy",
    train=(Source(_ID, "default", "train", _REVISION),),
    dev=(Source(_ID, "default", "validation", _REVISION),),
    prepare=_answers,
    family=("cosmosqa",),
    licence="CC BY 4.0",
    citation="Huang et al. 2019, arXiv 1909.00277",
    notes="The main branch holds a loading script, which clients refuse; the revision is of the parquet branch.",
)
