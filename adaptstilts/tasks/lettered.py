"""Questions whose choices are lettered or numbered, and whose answer is one of these marks: CommonsenseQA, OpenBookQA, ARC."""

from __future__ import annotations

from typing import Any


def lettered(record: dict[str, Any], language: str) -> dict[str, Any]:
    """The choices, and the place of the answer's mark among theirs; an answer that is no choice becomes -1, which the kind refuses."""
    marks, key = list(record["choices"]["label"]), record["answerKey"]
    return {
        "context": "",
        "question": record["question_stem" if "question_stem" in record else "question"],
        "choices": record["choices"]["text"],
        "label": marks.index(key) if key in marks else -1,
    }
