"""The language of each model input: its row's, but for the English side of a translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adaptstilts.kinds.kind import Encoding, Facts
from adaptstilts.kinds.retrieval import CANDIDATE, QUERY
from adaptstilts.rows import Row

PIVOT = "en"
"""What translations are found for, or are: the queries of Tatoeba and Flores, the candidates of BUCC."""


def in_languages(encodings: Sequence[Encoding], rows: Sequence[Row], facts: Facts) -> list[Encoding]:
    """The encodings of some rows, each with the language of its text."""
    return [replace(each, language=language_of(rows[each.row], each, facts)) for each in encodings]


def language_of(row: Row, encoding: Encoding, facts: Facts) -> str:
    """The language of one of a row's inputs, by code."""
    pivot = CANDIDATE if facts.options.get("search") == "mine" else "" if getattr(row, "keyed", True) else QUERY
    return PIVOT if pivot and encoding.notes == pivot else row.language
