"""Answer offsets of published question answering data, put right where the Hub's conversion moved the text under them."""

from __future__ import annotations

from typing import Any

REACH = 16
"""How far, in characters, an answer may stand from its offset to be found again."""


def anchored(record: dict[str, Any], language: str) -> dict[str, Any]:
    """The record with each answer's offset at the nearest place within REACH where its text stands.

    Conversions of XQuAD, TyDiQA and others strip contexts and answers but keep offsets into the unstripped text (100 of
    XQuAD's 1,190 Chinese questions). An answer that stands nowhere near is left for the kind to refuse.
    """
    context, answers = record["context"], record["answers"]
    pairs = zip(answers["text"], answers["answer_start"], strict=False)  # unequal counts are for the kind to refuse
    starts = [_nearest(context, text, start) for text, start in pairs]
    return {**record, "answers": {**answers, "answer_start": starts + list(answers["answer_start"])[len(starts) :]}}


def _nearest(context: str, text: str, start: int) -> int:
    for distance in range(REACH + 1):
        for place in (start - distance, start + distance):
            if place >= 0 and context.startswith(text, place):
                return place
    return start
