"""The row vocabulary: one frozen value per example, whatever file, hub or generator it came from.

A row holds text as people wrote it and gold answers as plain numbers or offsets; nothing here knows a tokenizer.
`id` is unique within (task, split, language). `source` names the example behind it: translations of one example share it,
so that statistics can cluster on it and `mix_fields` can pair languages. A `RowColumn` is a column of a file of rows, told to whoever
writes one.
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
    """A query and a candidate of the pool that queries search; rows with an empty query only widen the pool.

    Without `key` the candidate is the query's translation and the one thing it should find: the query is in the pivot
    language, the candidate in `language`. With keys, query and candidate need not belong together and either may be empty:
    `key` names the candidate (rows of one key hold one candidate) and `answers` are the keys of what the query should find;
    none where nothing in the pool answers it. `context` is the text around the candidate, where it is read with one.
    `candidate_language` is the language of both, where the data says that it is not `language`.
    """

    id: str
    language: str
    source: str
    query: str
    candidate: str
    key: str = ""
    answers: tuple[str, ...] = ()
    context: str = ""
    candidate_language: str = ""

    @property
    def keyed(self) -> bool:
        """Whether candidates are found by key, rather than each by the query beside it."""
        return bool(self.key) or not self.candidate

    @property
    def asks(self) -> bool:
        """Whether there is a query with something to find."""
        return bool(self.query) and (bool(self.answers) or not self.keyed)


Row = ClassificationRow | ChoiceRow | SpanRow | TaggingRow | RetrievalRow


@dataclass(frozen=True)
class RowColumn:
    """What a column holds, whether every row needs it, what other data sets call it, and whether the task declares its values."""

    name: str
    holds: str
    needed: bool = True
    also: tuple[str, ...] = ()
    labels: bool = False


ID = RowColumn(
    "id",
    "what tells the row from others of its split; translations of one row share it",
    needed=False,
    also=("idx", "guid", "uid", "row_id", "example_id", "sample_id", "pair_id", "pairid", "question_id", "qid"),
)
"""Every kind's, and needed by none but spans."""

LABEL = RowColumn(
    "label",
    "the name of a label, or its number in the order of the task's `labels`, from 0",
    also=(
        "labels", "gold_label", "gold", "class", "category", "target", "answer", "tag", "topic", "intent", "sentiment",
        "rating", "stars", "is_duplicate",
    ),
    labels=True,
)  # fmt: skip
"""The one label of a row."""


def needed(columns: tuple[RowColumn, ...]) -> tuple[str, ...]:
    """The names of those that every row needs."""
    return tuple(column.name for column in columns if column.needed)
