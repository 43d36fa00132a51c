"""Pair classification: two texts, one label for how they relate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from adaptstilts.kinds.classification import Classification
from adaptstilts.kinds.columns import Columns, check_index, check_text
from adaptstilts.kinds.kind import Edited, Encoding, Facts, Field, Limits, Shape, Tokenizer, Whereabouts
from adaptstilts.kinds.protection import protected
from adaptstilts.kinds.segments import encode_pairs
from adaptstilts.rows import ID, LABEL, ClassificationRow, Row, RowColumn, needed


class Pair(Classification):
    """Columns `first`, `second` and `label`, an index into the task's labels or a label's name."""

    __slots__ = ()
    name: str = "pair"
    summary: str = "two texts with one label for how they relate"
    described: tuple[RowColumn, ...] = (
        ID,
        RowColumn(
            "first",
            "a text",
            also=(
                "premise",
                "sentence1",
                "text1",
                "question1",
                "sentence_a",
                "text_a",
                "context",
                "passage",
                "evidence",
            ),
        ),
        RowColumn(
            "second",
            "another text",
            also=(
                "hypothesis",
                "sentence2",
                "text2",
                "question2",
                "sentence_b",
                "text_b",
                "claim",
                "statement",
                "question",
                "translation",
            ),
        ),
        LABEL,
    )
    columns: tuple[str, ...] = needed(described)
    example: Mapping[str, Any] = MappingProxyType(
        {"id": "7", "first": "It has been raining all day.", "second": "The streets are dry.", "label": "no"}
    )
    metrics: tuple[str, ...] = ("accuracy", "balanced_accuracy")
    edits: frozenset[str] = frozenset({"letters", "spaces", "append", "mix_fields", "words", "case", "punctuation"})
    shape: Shape = Shape(1, int, repeated="first")
    labelled: str = "label"
    searches: bool = False
    hub_task: str = "text-classification"

    def read(self, record: Mapping[str, Any], index: int, facts: Facts, place: Whereabouts) -> Row:
        columns = Columns(record, index, place)
        label = columns.label("label", columns.value("label"), facts.labels)
        first, second = columns.text("first"), columns.text("second")
        row = ClassificationRow(columns.id, place.language, columns.source, first, second, label)
        self.check(row, facts, place)
        return row

    def check(self, row: Row, facts: Facts, place: Whereabouts) -> None:
        row = cast("ClassificationRow", row)
        check_text(row.first, place, row.id, "first")
        check_text(row.second or "", place, row.id, "second")
        check_index(row.label, len(facts.labels), place, row.id, "label")

    def encode(self, rows: Sequence[Row], facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Encoding]:
        """First and second text in one input, cut longest first."""
        pairs = cast("Sequence[ClassificationRow]", rows)
        texts = [(r.first, r.second or "") for r in pairs]
        return encode_pairs(tokenizer, texts, [r.label for r in pairs], limits.max_length)

    def fields(self, row: Row, facts: Facts) -> tuple[Field, ...]:
        """Both texts in one group: a word that stands in both must be edited alike, or the label may change."""
        row = cast("ClassificationRow", row)
        texts = {"first": row.first, "second": row.second or ""}
        return tuple(Field(name, text, protected(text), "pair") for name, text in texts.items())

    def replace(self, row: Row, edits: Mapping[str, Edited]) -> Row:
        row = cast("ClassificationRow", row)
        texts = {name: edit.text for name, edit in edits.items()}
        return replace(row, first=texts.get("first", row.first), second=texts.get("second", row.second))

    def mix(self, row: Row, others: Mapping[str, Row]) -> Row | None:
        """The second text from the first of `others`, as in XNLI-CleanDL (Tan & Joty 2021)."""
        other = cast("ClassificationRow | None", next(iter(others.values()), None))
        if other is None or other.second is None:
            return None
        return replace(cast("ClassificationRow", row), second=other.second)

    def shown(self, row: Row, facts: Facts) -> dict[str, str]:
        row = cast("ClassificationRow", row)
        return {"first": row.first, "second": row.second or "", "label": facts.labels[row.label]}
