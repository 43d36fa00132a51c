"""HellaSwag: which of four endings follows a scene."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task


def _endings(record: dict[str, Any], language: str) -> dict[str, Any]:
    """The second half of the context opens every choice, as in jiant; the label is a digit in a string."""
    opening, label = record["ctx_b"], record["label"]
    return {
        "context": record["ctx_a"],
        "question": "",
        "choices": [f"{opening} {ending}".strip() for ending in record["endings"]],
        "label": int(label) if str(label).isdigit() else label,
    }


_ID, _REVISION = "Rowan/hellaswag", "218ec52e09a7e7462a5400043bb9a69a41d06b76"

task = Task(
    name="hellaswag",
    kind="choice",
    role="intermediate",
    summary="which ending follows a scene",
    metric="accuracy",
    train=(Source(_ID, "default", "train", _REVISION),),
    dev=(Source(_ID, "default", "validation", _REVISION),),
    prepare=_endings,
    family=("hellaswag",),
    licence="MIT",
    citation="Zellers et al. 2019, arXiv 1905.07830",
    notes="The test labels are hidden, so there is no test split.",
)
