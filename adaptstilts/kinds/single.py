"""Single-text classification: one text, one label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from adaptstilts.kinds.classification import Classification
from adaptstilts.kinds.columns import Columns, check_index, check_text
from adaptstilts.kinds.kind import Edited, Encoding, Facts, Field, Limits, Shape, Tokenizer, Whereabouts
from adaptstilts.kinds.protection import protected
from adaptstilts.kinds.segments import encode_singles
from adaptstilts.rows import ID, LABEL, ClassificationRow, Row, RowColumn, needed


class Single(Classification):
    """Columns `text` and `label`, an index into the task's labels or a label's name."""

    __slots__ = ()
    name: str = "single"
    summary: str = "one text with one label"
    described: tuple[RowColumn, ...] = (
        ID,
        RowColumn(
            "text",
            "a text",
            also=(
                "sentence",
                "review",
                "content",
                "headline",
                "title",
                "document",
                "utterance",
                "body",
                "comment",
                "tweet",
            ),
        ),
        LABEL,
    )
    columns: tuple[str, ...] = needed(described)
    example: Mapping[str, Any] = MappingProxyType({"id": "7", "text": "The team won the match.", "label": "sport"})
    metrics: tuple[str, ...] = ("accuracy", "balanced_accuracy")
    edits: frozenset[str] = frozenset({"letters", "spaces", "append", "words", "case", "punctuation"})
    shape: Shape = Shape(1, int)
    labelled: str = "label"
    searches: bool = False
    hub_task: str = "text-classification"

    def read(self, record: Mapping[str, Any], index: int, facts: Facts, place: Whereabouts) -> Row:
        columns = Columns(record, index, place)
        label = columns.label("label", columns.value("label"), facts.labels)
        row = ClassificationRow(columns.id, place.language, columns.source, columns.text("text"), None, label)
        self.check(row, facts, place)
        return row

    def check(self, row: Row, facts: Facts, place: Whereabouts) -> None:
        row = cast("ClassificationRow", row)
        check_text(row.first, place, row.id, "text")
        check_index(row.label, len(facts.labels), place, row.id, "label")

    def encode(self, rows: Sequence[Row], facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Encoding]:
        texts = cast("Sequence[ClassificationRow]", rows)
        return encode_singles(tokenizer, [r.first for r in texts], [r.label for r in texts], limits.max_length)

    def fields(self, row: Row, facts: Facts) -> tuple[Field, ...]:
        text = cast("ClassificationRow", row).first
        return (Field("text", text, protected(text)),)

    def replace(self, row: Row, edits: Mapping[str, Edited]) -> Row:
        row = cast("ClassificationRow", row)
        return replace(row, first=edits["text"].text) if "text" in edits else row

    def mix(self, row: Row, others: Mapping[str, Row]) -> Row | None:
        return None

    def shown(self, row: Row, facts: Facts) -> dict[str, str]:
        row = cast("ClassificationRow", row)
        return {"text": row.first, "label": facts.labels[row.label]}
