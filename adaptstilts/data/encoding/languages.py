"""The language of each model input: its row's, but for the English side of a translation, and candidates that are in others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adaptstilts.kinds.kind import Encoding, Facts
from adaptstilts.kinds.retrieval import CANDIDATE, QUERY, candidate_languages
from adaptstilts.rows import Row
from adaptstilts.tasks import Task

PIVOT = "en"
"""What translations are found for, or are: the queries of Tatoeba and Flores, the candidates of BUCC."""


def in_languages(encodings: Sequence[Encoding], rows: Sequence[Row], facts: Facts) -> list[Encoding]:
    """The encodings of some rows, each with the language of its text."""
    return [replace(each, language=language_of(rows[each.row], each, facts)) for each in encodings]


def language_of(row: Row, encoding: Encoding, facts: Facts) -> str:
    """The language of one of a row's inputs, by code."""
    told: str = getattr(row, "candidate_language", "")
    if told and encoding.notes == CANDIDATE:
        return told
    pivot = CANDIDATE if facts.options.get("search") == "mine" else "" if getattr(row, "keyed", True) else QUERY
    return PIVOT if pivot and encoding.notes == pivot else row.language


def read_in(task: Task, languages: Sequence[str]) -> tuple[str, ...]:
    """All languages that inputs of a task's rows in some languages may be in."""
    if task.kind != "retrieval":
        return tuple(languages)
    return (*languages, PIVOT, *(code for each in languages for code in candidate_languages(task, each)))
