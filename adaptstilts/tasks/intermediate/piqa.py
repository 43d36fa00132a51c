"""PIQA: which of two ways to reach a goal works."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task


def _ways(record: dict[str, Any], language: str) -> dict[str, Any]:
    choices = [record["sol1"], record["sol2"]]
    return {"context": "", "question": record["goal"], "choices": choices, "label": record["label"]}


_ID, _REVISION = "ybisk/piqa", "142c51238b3ca2bc61e9a075913871b8b600e8e1"

task = Task(
    name="piqa",
    kind="choice",
    role="intermediate",
    summary="which of two ways to reach a goal works",
    metric="accuracy",
    train=(Source(_ID, "plain_text", "train", _REVISION),),
    dev=(Source(_ID, "plain_text", "validation", _REVISION),),
    prepare=_ways,
    family=("piqa",),
    twin="hellaswag",
    licence="AFL 3.0",
    citation="Bisk et al. 2020, arXiv 1911.11641",
    notes=(
        "The main branch holds a loading script, which clients refuse; the revision is of the parquet branch. The test labels are"
        " hidden, so there is no test split."
    ),
)
