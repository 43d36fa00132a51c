"""Multiple choice: the one of two to five continuations or answers that fits a context, a question, or both."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from adaptstilts.errors import InputError
from adaptstilts.kinds.classification import constant, label_scores, lead, margin
from adaptstilts.kinds.columns import Columns, check_index, check_text, row_error
from adaptstilts.kinds.kind import (
    Edited,
    Encoding,
    Facts,
    Field,
    Head,
    Limits,
    Prediction,
    Shape,
    Share,
    Tokenizer,
    Whereabouts,
    mean_score,
)
from adaptstilts.kinds.protection import protected, whole
from adaptstilts.kinds.segments import Ids, longest_first, of_rows, template, token_ids
from adaptstilts.rows import ID, ChoiceRow, Row, RowColumn, needed

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from adaptstilts.kinds.kind import Frozen, Tensors

FEWEST, MOST = 2, 5

_DIRECTION = re.compile(r"\b(?:cause|effect|result)\b", re.IGNORECASE)
"""COPA's question is its direction, asked in few fixed words; a changed letter there would ask something else."""


class Choice:
    """Columns `context`, `question` (one of them may be empty), `choices` (a list) and `label` (an index into it)."""

    __slots__ = ()
    name: str = "choice"
    summary: str = "a context, a question or both, with two to five choices of which one is right"
    described: tuple[RowColumn, ...] = (
        ID,
        RowColumn(
            "context",
            "what comes before; empty where the question stands alone",
            also=("passage", "article", "premise", "story", "ctx", "paragraph"),
        ),
        RowColumn("question", "what is asked; may be empty where there is a context", also=("query", "prompt", "ask")),
        RowColumn("choices", "a list of two to five texts", also=("endings", "options", "answers", "candidates")),
        RowColumn(
            "label", "which of them is right, from 0", also=("answer", "gold", "correct", "answer_index", "target")
        ),
    )
    columns: tuple[str, ...] = needed(described)
    example: Mapping[str, Any] = MappingProxyType(
        {
            "id": "7",
            "context": "The glass fell off the table.",
            "question": "What came next?",
            "choices": ["It broke.", "It sang."],
            "label": 0,
        }
    )
    metrics: tuple[str, ...] = ("accuracy", "balanced_accuracy")
    edits: frozenset[str] = frozenset({"letters", "spaces", "append", "mix_fields", "case", "punctuation"})
    shape: Shape = Shape(1, int, repeated="context")
    labelled: str = "label"
    searches: bool = False
    hub_task: str = "multiple-choice"

    def read(self, record: Mapping[str, Any], index: int, facts: Facts, place: Whereabouts) -> Row:
        columns = Columns(record, index, place)
        context, question = columns.text("context"), columns.text("question")
        choices, label = columns.texts("choices"), columns.number("label", columns.value("label"))
        row = ChoiceRow(columns.id, place.language, columns.source, context, question, choices, label)
        self.check(row, facts, place)
        return row

    def check(self, row: Row, facts: Facts, place: Whereabouts) -> None:
        row = cast("ChoiceRow", row)
        check_text(row.context + row.question, place, row.id, "context")
        if not FEWEST <= len(row.choices) <= MOST:
            raise row_error(f"{len(row.choices)} choices; {FEWEST} to {MOST} are possible", place, row.id, "choices")
        for choice in row.choices:
            check_text(choice, place, row.id, "choices")
        check_index(row.label, len(row.choices), place, row.id, "label", "choices")

    def head(self, facts: Facts) -> Head:
        return Head("sequence", 1, "choice")

    def chance(self, rows: Sequence[Row], facts: Facts) -> float:
        """The expected accuracy of a random choice."""
        if not rows:
            raise InputError("there is no chance level without rows")
        return sum(1 / len(row.choices) for row in cast("Sequence[ChoiceRow]", rows)) / len(rows)

    def encode(self, rows: Sequence[Row], facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Encoding]:
        """One input per choice: context and question, then the choice. Only the context is cut, at its end.

        Should question and choice alone be too long, they are cut longest first. `target` is the right choice's index,
        the same in every input of a row.
        """
        shape = template(tokenizer)
        room = shape.room(limits.max_length, pair=True)
        choice_rows = cast("Sequence[ChoiceRow]", rows)
        firsts = token_ids(tokenizer, [_first(row) for row in choice_rows])
        questions = token_ids(tokenizer, [row.question if row.context else "" for row in choice_rows])
        seconds = iter(token_ids(tokenizer, [choice for row in choice_rows for choice in row.choices]))
        encodings = []
        for i, row in enumerate(choice_rows):
            for _ in row.choices:
                first, second, cut = _fit(firsts[i], len(questions[i]), next(seconds), room)
                whole_input, position = shape.pair(first, second)
                encodings.append(Encoding(i, whole_input, row.label, truncated=cut, second=position))
        return encodings

    def decode(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """The choice with the largest logit, the lowest index at a tie."""
        import numpy as np

        predictions = []
        for row, places in zip(cast("Sequence[ChoiceRow]", rows), of_rows(len(rows), encodings), strict=True):
            logits = np.array([np.asarray(outputs[place]).reshape(-1)[0] for place in places], dtype=np.float32)
            value = int(logits.argmax())
            predictions.append(Prediction(value, float(value == row.label), margin(logits, row.label)))
        return predictions

    def leads(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Tensors, frozen: Frozen | None
    ) -> list[Tensor]:
        """The right choice's logit minus the best other's."""
        import torch

        of_each = of_rows(len(rows), encodings)
        scores = [torch.cat([outputs[place].reshape(-1)[:1] for place in places]) for places in of_each]
        golds = [row.label for row in cast("Sequence[ChoiceRow]", rows)]
        return [lead(values, gold) for values, gold in zip(scores, golds, strict=True)]

    def score(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts, language: str
    ) -> dict[str, float]:
        return label_scores([row.label for row in cast("Sequence[ChoiceRow]", rows)], predictions)

    def tally(self, row: Row, prediction: Prediction, facts: Facts) -> Share:
        return prediction.share

    def shares(self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts) -> list[Share]:
        return [prediction.share for prediction in predictions]

    def uninformed(self, rows: Sequence[Row], facts: Facts) -> list[Prediction]:
        """Always the choice at one position, or a random one: whichever is right more often."""
        if not rows:
            raise InputError("there is no best answer without rows")
        asked = cast("Sequence[ChoiceRow]", rows)
        golds = [row.label for row in asked]
        random = [Prediction(None, 1 / len(row.choices), 0.0) for row in asked]
        return max(random, *(constant(golds, place) for place in sorted(set(golds))), key=mean_score)

    def fields(self, row: Row, facts: Facts) -> tuple[Field, ...]:
        """`context`, `question`, `choice0`…; the choices are one group, so that no choice stands out by its typos."""
        row = cast("ChoiceRow", row)
        asks_direction = _DIRECTION.search(row.question) is not None and len(row.question.split()) <= 6
        question = whole(row.question) if asks_direction else protected(row.question)
        found = [Field("context", row.context, protected(row.context)), Field("question", row.question, question)]
        found += [Field(f"choice{i}", text, protected(text), "choices") for i, text in enumerate(row.choices)]
        return tuple(field for field in found if field.text)

    def replace(self, row: Row, edits: Mapping[str, Edited]) -> Row:
        row = cast("ChoiceRow", row)
        texts = {name: edit.text for name, edit in edits.items()}
        choices = tuple(texts.get(f"choice{i}", text) for i, text in enumerate(row.choices))
        context, question = texts.get("context", row.context), texts.get("question", row.question)
        return replace(row, context=context, question=question, choices=choices)

    def mix(self, row: Row, others: Mapping[str, Row]) -> Row | None:
        """The choices from the first of `others`; None if they are not the same choices in the same order."""
        row, other = cast("ChoiceRow", row), cast("ChoiceRow | None", next(iter(others.values()), None))
        if other is None or (len(other.choices), other.label) != (len(row.choices), row.label):
            return None
        return replace(row, choices=other.choices)

    def rivals(self, rows: Sequence[Row]) -> list[Row]:
        return []

    def shown(self, row: Row, facts: Facts) -> dict[str, str]:
        row = cast("ChoiceRow", row)
        choices = {f"choice{i}": text for i, text in enumerate(row.choices)}
        return {"context": row.context, "question": row.question, **choices, "label": f"choice{row.label}"}

    def gold(self, row: Row) -> int:
        return cast("ChoiceRow", row).label

    def golds(self, row: Row, facts: Facts) -> Sequence[str]:
        return [f"choice {cast('ChoiceRow', row).label + 1}"]


def _first(row: ChoiceRow) -> str:
    return f"{row.context} {row.question}" if row.context and row.question else row.context or row.question


def _fit(first: Ids, question: int, second: Ids, room: int) -> tuple[Ids, Ids, int]:
    """Both segments within `room`, and the tokens cut; the last `question` tokens of the first are not context."""
    excess = len(first) + len(second) - room
    if excess <= 0:
        return first, second, 0
    context = len(first) - question
    kept = first[: max(0, context - excess)] + first[context:]
    keep_first, keep_second = longest_first(len(kept), len(second), room)
    return kept[:keep_first], second[:keep_second], excess
