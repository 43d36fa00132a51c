"""The row vocabulary: one frozen value per example, whatever file, hub or generator it came from.

A row holds text as people wrote it and gold answers as plain numbers or offsets; nothing here knows a tokenizer.
`id` is unique within (task, split, language). `source` names the example behind it: translations of one example share it,
so that statistics can cluster on it and `mix_fields` can pair languages.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClassificationRow:
    """One text (`second` is None) or a pair of texts with one label, an index into the task's `labels`."""

    id: str
    language: str
    source: str
    first: str
    second: str | None
    label: int


@dataclass(frozen=True)
class ChoiceRow:
    """A context, an optional question and two to five choices; `label` is the index of the right one."""

    id: str
    language: str
    source: str
    context: str
    question: str
    choices: tuple[str, ...]
    label: int


@dataclass(frozen=True)
class Answer:
    """A gold answer: `context[start : start + len(text)] == text`, offsets in Python characters."""

    text: str
    start: int


@dataclass(frozen=True)
class SpanRow:
    """A question about a context; no answer means that the question is unanswerable."""

    id: str
    language: str
    source: str
    context: str
    question: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class TaggingRow:
    """Words with one tag each, an index into the task's `labels`."""

    id: str
    language: str
    source: str
    words: tuple[str, ...]
    tags: tuple[int, ...]


@dataclass(frozen=True)
class RetrievalRow:
    """A query and the sentence it should find among all candidates of its language.

    The query is in the pivot language, the candidate in `language`; rows with an empty query only widen the pool.
    """

    id: str
    language: str
    source: str
    query: str
    candidate: str


Row = ClassificationRow | ChoiceRow | SpanRow | TaggingRow | RetrievalRow
