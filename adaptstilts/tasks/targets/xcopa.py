"""XCOPA: causes and results in eleven languages, translated by people from COPA."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task

_QUESTIONS = {"cause": "What was the cause?", "effect": "What happened as a result?"}


def _choices(record: dict[str, Any], language: str) -> dict[str, Any]:
    """Social IQa has three lettered answers and labels from 1, COPA two choices and a direction for a question."""
    if "answerA" in record:
        label = str(record["label"])
        answers = [record[f"answer{letter}"] for letter in "ABC"]
        return {**record, "choices": answers, "label": int(label) - 1 if label.isdigit() else record["label"]}
    return {
        "context": record["premise"],
        "question": _QUESTIONS.get(record["question"], record["question"]),
        "choices": [record["choice1"], record["choice2"]],
        "label": record["label"],
    }


_COPA, _REVISION = "aps/super_glue", "3de24cf8022e94f4ee4b9d55a6f539891524d646"

task = Task(
    name="xcopa",
    kind="choice",
    role="target",
    summary="the cause or the result of an event in 11 languages",
    metric="accuracy",
    train=(
        Source("lighteval/siqa", "default", "train", language="en"),
        Source(_COPA, "copa", "train", _REVISION, language="en"),
    ),
    dev=(
        Source(_COPA, "copa", "validation", _REVISION, language="en"),
        Source("cambridgeltl/xcopa", "{language}", "validation"),
    ),
    test=(Source("cambridgeltl/xcopa", "{language}", "test"),),
    languages=("et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh"),
    prepare=_choices,
    family=("copa", "siqa"),
    parallel=True,
    licence="XCOPA and Social IQa: CC BY 4.0; COPA: BSD 2-Clause",
    citation="Ponti et al. 2020, arXiv 2005.00333; Sap et al. 2019, arXiv 1904.09728; Roemmele, Bejan and Gordon 2011",
    notes="The source's `question` is wrong in Thai, Turkish dev and parts of sw, it and id; it is left as published.",
)
