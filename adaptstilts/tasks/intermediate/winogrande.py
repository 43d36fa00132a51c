"""WinoGrande: which of two names fills the blank of a sentence."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task


def _filled(record: dict[str, Any], language: str) -> dict[str, Any]:
    """What stands before the blank is the context, each name with the rest of the sentence a choice (Sakaguchi et al. 2020).

    Where nothing stands before it, the sentence with its blank is the context.
    """
    sentence, answer = record["sentence"], record["answer"]
    before, rest = sentence.split("_")
    return {
        "context": before.strip() or sentence.strip(),
        "question": "",
        "choices": [f"{record[name]}{rest}".strip() for name in ("option1", "option2")],
        "label": {"1": 0, "2": 1}.get(answer, -1),
    }


_ID, _REVISION = "allenai/winogrande", "01e74176c63542e6b0bcb004dcdea22d94fb67b5"

task = Task(
    name="winogrande",
    kind="choice",
    role="intermediate",
    summary="which of two names fills the blank of a sentence",
    metric="accuracy",
    train=(Source(_ID, "winogrande_xl", "train", _REVISION),),
    dev=(Source(_ID, "winogrande_xl", "validation", _REVISION),),
    prepare=_filled,
    family=("winogrande",),
    twin="hellaswag",
    licence="CC BY 2.0",
    citation="Sakaguchi et al. 2020, arXiv 1907.10641",
    notes="The largest of the training sets (XL). The test labels are hidden, so there is no test split.",
)
