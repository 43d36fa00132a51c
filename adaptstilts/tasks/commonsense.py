"""Social IQa's and COPA's records as a context, a question, choices and the right one's place."""

from __future__ import annotations

from typing import Any

_QUESTIONS = {"cause": "What was the cause?", "effect": "What was the effect?"}
"""XTREME-R's prompts, English in all languages (google-research/xtreme, run_xcopa.py)."""


def choices(record: dict[str, Any], language: str) -> dict[str, Any]:
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
