"""BoolQ: questions that people asked a search engine, to be answered yes or no out of a paragraph of Wikipedia."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task


def _answered(record: dict[str, Any], language: str) -> dict[str, Any]:
    """True is the second label, yes."""
    return {**record, "label": {False: 0, True: 1}[record["answer"]]}


_ID, _REVISION = "google/boolq", "35b264d03638db9f4ce671b711558bf7ff0f80d5"

task = Task(
    name="boolq",
    kind="pair",
    role="intermediate",
    summary="yes or no to a question about a paragraph of Wikipedia",
    metric="accuracy",
    train=(Source(_ID, "default", "train", _REVISION),),
    dev=(Source(_ID, "default", "validation", _REVISION),),
    columns={"first": "passage", "second": "question"},
    labels=("no", "yes"),
    prepare=_answered,
    family=("boolq",),
    twin="qqp",
    licence="CC BY-SA 3.0",
    citation="Clark et al. 2019, arXiv 1905.10044",
    notes=(
        "Three of five answers are yes. Passages come first and are cut where both texts are too long. The test set is not on the"
        " Hub. A target in Pruksachatkun et al. (2020)."
    ),
)
