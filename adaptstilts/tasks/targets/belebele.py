"""Belebele: reading comprehension with four answers, the same 900 questions in 122 language variants."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.flores import BELEBELE
from adaptstilts.tasks.task import Source, Task


def _answers(record: dict[str, Any], language: str) -> dict[str, Any] | list[dict[str, Any]]:
    """RACE letters its options A to D; Belebele numbers its answers from 1 and names a question by passage and number.

    Translations are paired by this name, whatever their order. No id is made of it: copies without the column `split` may
    have two passages of one link.
    """
    if "article" in record:
        letter = record["answer"]
        return {
            "context": record["article"],
            "question": record["question"],
            "choices": record["options"],
            "label": "ABCD".find(letter) if len(letter) == 1 else letter,
        }
    number = str(record["correct_answer_num"])
    named = {
        "source": "#".join([record["link"], record.get("split") or "", str(record["question_number"])]),
        "context": record["flores_passage"],
        "question": record["question"],
        "choices": [record[f"mc_answer{i}"] for i in range(1, 5)],
        "label": int(number) - 1 if number.isdigit() else number,
    }
    return [named]


_RACE, _REVISION = "ehovy/race", "2fec9fd81f1dc971569a9b729c43f2f0e6436637"

task = Task(
    name="belebele",
    kind="choice",
    role="target",
    summary="reading comprehension with 4 answers in 122 language variants",
    metric="accuracy",
    train=(Source(_RACE, "all", "train", _REVISION, language="en"),),
    dev=(Source(_RACE, "all", "validation", _REVISION, language="en"),),
    test=(Source("facebook/belebele", "{language}", "test"),),
    prepare=_answers,
    version=2,
    languages=tuple(BELEBELE),
    spellings=BELEBELE,
    family=("belebele", "race", "flores"),
    parallel=True,
    licence="Belebele: CC BY-SA 4.0; RACE: non-commercial research only",
    citation="Bandarkar et al. 2024, arXiv 2308.16884; Lai et al. 2017, arXiv 1704.04683",
    notes=(
        "Belebele has no training set. Its authors train on English sets of multiple choice, of which RACE is by far the"
        " largest; here it is RACE alone. Its passages are long: see how many inputs were cut, and raise limits.max_length."
    ),
)
