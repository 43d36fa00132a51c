"""Span extraction: the part of a context that answers a question, or no answer where a task allows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from adaptstilts.errors import InputError
from adaptstilts.kinds.answers import Rules, gold_spans, leads, margin, no_answer_score
from adaptstilts.kinds.columns import Columns, check_text, row_error
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
from adaptstilts.kinds.protection import occurrences, protected
from adaptstilts.kinds.segments import of_rows, placed_ids, template, token_ids
from adaptstilts.kinds.windows import Logits, Window, question_room, slice_of, windows
from adaptstilts.metrics import checklist, squad
from adaptstilts.rows import ID, Answer, Row, RowColumn, SpanRow, needed

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from adaptstilts.kinds.kind import Frozen, Tensors

EACH = 20
"""How many starts and how many ends compete, as in XTREME's and Hugging Face's `n_best_size`."""


OPENINGS = (10, 20, 40)
"""Words from a context's beginning that are tried as an answer to every question: on 270 rows of SQuAD's dev set 20 words have
an F1 of 9.9, the whole context 6.3, random spans of up to 20 words 7.3."""


class SpanExtraction:
    """Columns `id`, `context`, `question` and `answers` ({"text": [...], "answer_start": [...]}, in characters).

    Options of a task: `no_answer` (unanswerable questions exist, v2.0's rules), `null_threshold` (0.0: no answer is
    said when its score exceeds the best span's by more), `max_answer_tokens` (30), `max_question_tokens` (64). By metric
    `pass_rate`, rows whose ids are `{test}-{case}-{question}` are scored by case (see `metrics.checklist`).
    """

    __slots__ = ()
    name: str = "span"
    summary: str = "a question about a context, which holds the answer"
    described: tuple[RowColumn, ...] = (
        ID,
        RowColumn(
            "context", "the text that holds the answer", also=("passage", "paragraph", "article", "document", "text")
        ),
        RowColumn("question", "what is asked", also=("query",)),
        RowColumn(
            "answers",
            "`text`: a list of right answers; `answer_start`: the character of the context that each begins at, from 0",
        ),
    )
    columns: tuple[str, ...] = (ID.name, *needed(described))
    example: Mapping[str, Any] = MappingProxyType(
        {
            "id": "7", "context": "Oslo is the capital of Norway.", "question": "What is the capital of Norway?",
            "answers": {"text": ["Oslo"], "answer_start": [0]},
        }
    )  # fmt: skip
    metrics: tuple[str, ...] = ("squad_f1", "mlqa_f1", "pass_rate")
    edits: frozenset[str] = frozenset({"letters", "spaces", "distract", "mix_fields", "words", "case", "punctuation"})
    shape: Shape = Shape(1, tuple[int, ...], Window, repeated="context")
    labelled: str = ""
    searches: bool = False
    hub_task: str = "question-answering"

    def read(self, record: Mapping[str, Any], index: int, facts: Facts, place: Whereabouts) -> Row:
        columns = Columns(record, index, place)
        context, question = columns.text("context"), columns.text("question")
        row = SpanRow(columns.id, place.language, columns.source, context, question, _answers(columns))
        self.check(row, facts, place)
        return row

    def check(self, row: Row, facts: Facts, place: Whereabouts) -> None:
        row = cast("SpanRow", row)
        check_text(row.context, place, row.id, "context")
        check_text(row.question, place, row.id, "question")
        if not row.answers and not Rules.of(facts).no_answer:
            raise row_error("no gold answer, and the task has no unanswerable questions", place, row.id, "answers")
        for answer in row.answers:
            check_text(answer.text, place, row.id, "answers")
            found = row.context[max(answer.start, 0) : max(answer.start, 0) + len(answer.text)]
            if answer.start < 0 or found != answer.text:
                what = f"{answer.text!r} is not at character {answer.start}; {found!r} is"
                raise row_error(what, place, row.id, "answers")

    def head(self, facts: Facts) -> Head:
        return Head("token", 2, "span")

    def chance(self, rows: Sequence[Row], facts: Facts) -> float:
        """The F1 of never answering: the share of unanswerable questions, 0.0 where there are none."""
        if not rows:
            raise InputError("there is no chance level without rows")
        return sum(not row.answers for row in cast("Sequence[SpanRow]", rows)) / len(rows)

    def encode(self, rows: Sequence[Row], facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Encoding]:
        """Question and context, in as many windows as the context needs; `notes` is the `Window`.

        `target` is the token span of the first gold answer, (0, 0) where it is not in the window as a whole or there is
        none.
        """
        rules, shape = Rules.of(facts), template(tokenizer)
        room = shape.room(limits.max_length, pair=True)
        span_rows = cast("Sequence[SpanRow]", rows)
        questions = token_ids(tokenizer, [row.question for row in span_rows])
        contexts = placed_ids(tokenizer, [row.context for row in span_rows])
        encodings = []
        for i, row in enumerate(span_rows):
            kept = questions[i][: question_room(questions[i], room, rules.question_tokens)]
            gold = next(iter(gold_spans(row, contexts[i])), None)
            for ids, window in windows(contexts[i], shape, kept, limits):
                target = (window.place(gold) if gold else None) or (0, 0)
                cut = len(questions[i]) - len(kept)
                encodings.append(Encoding(i, ids, target, window, truncated=cut, second=window.position))
        return encodings

    def decode(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """The original text under the best span of all windows, or "" where no answer scores higher.

        Scores are sums of raw start and end logits; no answer scores the least of the windows' first tokens. This departs
        from XTREME's decoding in two ways. The 20 best starts and ends are those of a window's context; there question and
        special tokens are among the 20 and then dropped. And a start counts in every window that holds it; there only in
        the one where it has most context on both sides. Windows of one context can therefore answer otherwise.
        """
        rules = Rules.of(facts)
        found = []
        for row, places in zip(cast("Sequence[SpanRow]", rows), of_rows(len(rows), encodings), strict=True):
            views = [Logits.of(encodings[place].notes, outputs[place]) for place in places]
            said = _said(row, views, rules)
            score = rules.row_f1(said, [answer.text for answer in row.answers], row.language)
            found.append(Prediction(said, score, margin(row, views, rules)))
        return found

    def leads(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Tensors, frozen: Frozen | None
    ) -> list[Tensor]:
        """Best gold span minus best span with F1 = 0, and no answer as either where the task allows it."""
        return leads(cast("Sequence[SpanRow]", rows), facts, encodings, outputs)

    def score(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts, language: str
    ) -> dict[str, float]:
        """`squad_f1`, `squad_em` (and v2.0's parts where a task has unanswerable questions) or `mlqa_f1`, `mlqa_em`."""
        rules = Rules.of(facts)
        span_rows = cast("Sequence[SpanRow]", rows)
        golds = {row.id: [answer.text for answer in row.answers] for row in span_rows}
        said = {row.id: str(p.value) for row, p in zip(span_rows, predictions, strict=True)}
        if len(golds) != len(span_rows) or len(span_rows) != len(predictions):
            raise InputError(
                f"{len(span_rows)} rows, {len(golds)} ids, {len(predictions)} predictions: they must agree"
            )
        if rules.no_answer:
            return {f"squad_{name}": value for name, value in squad.squad_v2(said, golds).items()}
        if rules.by_case:
            cases = [(*_test_case(row), checklist.right(said[row.id], golds[row.id], language)) for row in span_rows]
            return checklist.error_rates(cases)
        prefix = "mlqa" if rules.by_language else "squad"
        scores = squad.squad_v1(said, golds, rules.normaliser(language))
        return {f"{prefix}_{name}": value for name, value in scores.items()}

    def tally(self, row: Row, prediction: Prediction, facts: Facts) -> Share:
        return prediction.share

    def shares(self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts) -> list[Share]:
        """Rows alike, which gives F1; of `pass_rate` the share of questions, not of cases."""
        return [prediction.share for prediction in predictions]

    def uninformed(self, rows: Sequence[Row], facts: Facts) -> list[Prediction]:
        """Never an answer, or always so much of the context's beginning (see OPENINGS), or all of it: whichever scores most."""
        if not rows:
            raise InputError("there is no best answer without rows")
        asked = cast("Sequence[SpanRow]", rows)
        words = [row.context.split() for row in asked]
        openings = [[" ".join(text[:count]) for text in words] for count in OPENINGS]
        answers = ([""] * len(asked), *openings, [row.context for row in asked])
        return max((_as_said(asked, said, facts) for said in answers), key=mean_score)

    def fields(self, row: Row, facts: Facts) -> tuple[Field, ...]:
        """The context, every occurrence of a gold answer and one character around it protected, and the question."""
        row = cast("SpanRow", row)
        golds = {answer.text for answer in row.answers}
        kept = [(a - 1, b + 1) for gold in golds for a, b in occurrences(row.context, gold)]
        context = Field("context", row.context, protected(row.context, kept))
        return (context, Field("question", row.question, protected(row.question)))

    def replace(self, row: Row, edits: Mapping[str, Edited]) -> Row:
        """InputError if an edit broke a gold answer."""
        row = cast("SpanRow", row)
        if "question" in edits:
            row = replace(row, question=edits["question"].text)
        if "context" not in edits:
            return row
        edit = edits["context"]
        answers = tuple(_moved(answer, edit, row.id) for answer in row.answers)
        return replace(row, context=edit.text, answers=answers)

    def mix(self, row: Row, others: Mapping[str, Row]) -> Row | None:
        """The question from the first of `others`, the context as it is (MLQA's G-XLT)."""
        other = cast("SpanRow | None", next(iter(others.values()), None))
        return None if other is None else replace(cast("SpanRow", row), question=other.question)

    def rivals(self, rows: Sequence[Row]) -> list[Row]:
        return []

    def shown(self, row: Row, facts: Facts) -> dict[str, str]:
        row = cast("SpanRow", row)
        answers = " | ".join(dict.fromkeys(answer.text for answer in row.answers)) or "(no answer)"
        return {"context": row.context, "question": row.question, "answers": answers}

    def gold(self, row: Row) -> list[str]:
        return list(dict.fromkeys(answer.text for answer in cast("SpanRow", row).answers))

    def golds(self, row: Row, facts: Facts) -> Sequence[str]:
        return ["answerable" if cast("SpanRow", row).answers else "unanswerable"]


def _test_case(row: SpanRow) -> tuple[str, str]:
    """The test and the case that a row's id begins with: `{test}-{case}-{question}`."""
    test, _, rest = row.id.partition("-")
    return test, rest.partition("-")[0]


def _answers(columns: Columns) -> tuple[Answer, ...]:
    value = columns.value("answers")
    if not isinstance(value, Mapping) or not {"text", "answer_start"} <= set(value):
        raise columns.wrong("answers", "`text` and `answer_start` are expected in it, each a list")
    inner = Columns({"answers": value["text"], "starts": value["answer_start"]}, columns.index, columns.place)
    texts, starts = inner.texts("answers"), inner.items("starts")
    if len(texts) != len(starts):
        raise columns.wrong("answers", f"{len(texts)} texts but {len(starts)} offsets")
    return tuple(Answer(text, columns.number("answers", start)) for text, start in zip(texts, starts, strict=True))


def _as_said(rows: Sequence[SpanRow], said: Sequence[str], facts: Facts) -> list[Prediction]:
    """Answers that no model gave, with their scores."""
    rules = Rules.of(facts)
    scores = (
        rules.row_f1(text, [answer.text for answer in row.answers], row.language)
        for row, text in zip(rows, said, strict=True)
    )
    return [Prediction(text, score, 0.0) for text, score in zip(said, scores, strict=True)]


def _said(row: SpanRow, views: Sequence[Logits], rules: Rules) -> str:
    found = [(best, view) for view in views if (best := view.best(EACH, rules.longest)) is not None]
    if not found:
        return ""
    (score, span), view = max(found, key=lambda pair: pair[0][0])
    if rules.no_answer and no_answer_score(views) - score > rules.threshold:
        return ""
    return slice_of(row.context, view.window.context, span)


def _moved(answer: Answer, edit: Edited, row: str) -> Answer:
    length = len(answer.text)
    for start in (edit.moved[answer.start], edit.moved[answer.start + length] - length):
        if start >= 0 and edit.text[start : start + length] == answer.text:
            return Answer(answer.text, start)
    raise InputError(f"an edit changed the gold answer {answer.text!r}", where=f"row {row}, field 'context'")
