"""What a kind of task is: it owns columns, encoding, head, decoding, scoring and what an attack may edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal, Protocol

from adaptstilts.rows import Row, RowColumn
from adaptstilts.settings import Limits as Limits

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    Tensors = Sequence[Tensor]


IGNORED = -100
"""The target of a token that has none, as in torch."""


class Facts(Protocol):
    """What a kind may ask of a task; `adaptstilts.tasks.Task` answers."""

    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def metric(self) -> str: ...
    @property
    def options(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Whereabouts:
    """Where a record was read, for errors that name it."""

    task: str
    split: str
    language: str


@dataclass(frozen=True)
class Encoding:
    """One model input.

    `row` is the index of its row (a row may need several: choices, windows, pieces). `ids` are token ids with specials.
    `target` is what the loss compares with, in the head's own terms: a label, a (start, end) pair of token positions,
    or a tuple of tags, -100 where none. `notes` is whatever the kind's `decode` needs to find its way back to the text.
    `truncated` counts the tokens that did not fit. `second` is the position of the second segment's first token, 0
    where there is one segment only; models that know token types derive them from it. `language` is that of its text, told
    only to encoders that have parts for each.
    """

    row: int
    ids: tuple[int, ...]
    target: Any
    notes: Any = None
    truncated: int = 0
    second: int = 0
    language: str = ""


@dataclass(frozen=True)
class Shape:
    """What a kind's encodings look like, for whoever keeps them.

    `target` and `notes` are the types of these fields: None, `int`, `str`, `int | None`, a tuple or an array of integers,
    or a dataclass of such; a dataclass held by that one is shared by neighbouring encodings. `version` goes up when the kind
    would encode the same row in another way. `repeated` is the row's text that many rows share, empty where there is none:
    rows are encoded side by side by it, so that it is tokenised once.
    """

    version: int
    target: Any
    notes: Any = None
    repeated: str = ""


@dataclass(frozen=True)
class Head:
    """The output a kind needs: from the first token ("sequence"), from each ("token"), or the pooled hidden states.

    `loss` names how outputs meet targets: "label" cross entropy per input, "choice" cross entropy over the inputs of
    one row, "span" mean of start and end cross entropy, "tags" cross entropy per token with -100 left out, "masked" the
    same over the vocabulary, "contrast" cross entropy of each query against all candidates of the batch, "none" untrained.
    `outputs` is 0 where an output is as wide as the encoder. `depth` is where "pooled" reads, as a share of the encoder's
    layers (14 of 24 in XTREME's retrieval baseline), and `pooling` what it makes of the tokens there: their "mean", specials
    included, or the "first" one.
    """

    level: Literal["sequence", "token", "pooled"]
    outputs: int
    loss: Literal["label", "choice", "span", "tags", "masked", "contrast", "none"]
    depth: float = 14 / 24
    pooling: Literal["mean", "first"] = "mean"

    @property
    def learns(self) -> bool:
        """Whether there is anything to train."""
        return self.loss != "none"

    @property
    def per(self) -> Literal["input", "row", "token"]:
        """What a term of the loss's mean is: an input, a row with all its inputs side by side, or a token with a target."""
        if self.loss in ("tags", "masked"):
            return "token"
        return "row" if self.loss in ("choice", "contrast") else "input"

    @property
    def uncut(self) -> bool:
        """Whether each row is told from the others of its batch, which therefore cannot be cut or dealt out."""
        return self.loss == "contrast"


Share = tuple[float, float]
"""What a row gives to a metric: points, and out of how many. The metric is the sum of the one over the sum of the other."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one row.

    `value` is JSON: a label index, an answer text, a list of tag indices, a retrieved row id, the keys of a ranking, or a
    mined key with its score. `score` in [0, 1] is the
    row's own share of the metric. `margin` is computed in float32 from raw logits: gold minus the best rival, negative
    when wrong.
    """

    value: Any
    score: float
    margin: float

    @property
    def share(self) -> Share:
        """Of a metric that is a mean over rows."""
        return self.score, 1.0


def mean_score(predictions: Sequence[Prediction]) -> float:
    """The mean of the rows' own shares."""
    return fmean(prediction.score for prediction in predictions)


@dataclass(frozen=True)
class Frozen:
    """What queries are held against: candidate vectors [candidates, hidden] by name, and the names that answer a source."""

    names: tuple[str, ...]
    vectors: Tensor
    answers: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Field:
    """A text of a row that an attack may edit, with the character ranges (start, end) it must not touch.

    Fields of one `group` must be edited alike (type-consistent edits, equal counts over choices).
    """

    name: str
    text: str
    protected: tuple[tuple[int, int], ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Edited:
    """A field after an edit: its text, and where each old character offset went (len(old) + 1, non-decreasing)."""

    text: str
    moved: tuple[int, ...]


class Tokenizer(Protocol):
    """The part of a fast Hugging Face tokenizer that kinds and attacks use."""

    @property
    def unk_token_id(self) -> int | None: ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


class Kind(Protocol):
    """The behaviour of one kind. Implementations are stateless values; numpy and torch are imported inside functions only."""

    name: str
    summary: str
    """What a row is, in half a sentence."""

    described: tuple[RowColumn, ...]
    """The columns of its rows, in the order that they are told in."""

    columns: tuple[str, ...]
    """The names a record must have after a task has mapped its columns: of those described the needed ones."""

    example: Mapping[str, Any]
    """A record with these columns."""

    metrics: tuple[str, ...]
    """What its tasks can be scored by, the usual one first."""

    edits: frozenset[str]
    """What an attack may do: of "letters", "spaces", "append", "mix_fields", "distract", "words" (say them in another language),
    "case" and "punctuation" (of all fields at once), "entities" (swap names and numbers for others of their type)."""

    shape: Shape
    """What its encodings look like."""

    labelled: str
    """The column of gold labels that data may declare names for; empty where the gold answer is no label."""

    searches: bool
    """Whether queries are held against candidates, so that rows decoded alone need others along."""

    hub_task: str
    """What the Hugging Face Hub calls tasks of this kind."""

    def read(self, record: Mapping[str, Any], index: int, facts: Facts, place: Whereabouts) -> Row:
        """One checked row from one mapped record; RowError if it breaks the kind's law."""
        ...

    def check(self, row: Row, facts: Facts, place: Whereabouts) -> None:
        """Raise RowError unless the row obeys: labels in range, answers at their offsets, as many tags as words."""
        ...

    def head(self, facts: Facts) -> Head: ...

    def chance(self, rows: Sequence[Row], facts: Facts) -> float:
        """The main metric, in [0, 1], of the best constant or random answer (the majority rate where labels exist)."""
        ...

    def encode(self, rows: Sequence[Row], facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Encoding]:
        """Model inputs in row order; gold answers become targets."""
        ...

    def decode(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """One prediction per row from one output per encoding: [outputs], [length, outputs] or [hidden], float32."""
        ...

    def leads(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Tensors, frozen: Frozen | None
    ) -> list[Tensor]:
        """The margins that `decode` gives, as differentiable scalars; where the kind searches, of queries against `frozen`."""
        ...

    def score(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts, language: str
    ) -> dict[str, float]:
        """Corpus metrics of one language in [0, 1]; the task's main metric is among them under its name."""
        ...

    def tally(self, row: Row, prediction: Prediction, facts: Facts) -> Share:
        """What a row gives to the main metric over any rows that it is among; nothing out of nothing for one that asks nothing.

        Two metrics are more than a sum over a sum: `bucc_f1`, whose rows say how many gold pairs they have, and `pass_rate`.
        """
        ...

    def shares(self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts) -> list[Share]:
        """What each row that asks gives to the main metric, so that rows can be resampled or held against other answers."""
        ...

    def uninformed(self, rows: Sequence[Row], facts: Facts) -> list[Prediction]:
        """The best answers on these very rows that no text decides, chosen with the gold ones in sight; InputError without rows."""
        ...

    def fields(self, row: Row, facts: Facts) -> tuple[Field, ...]:
        """The texts an attack may edit, gold answers and the like protected."""
        ...

    def replace(self, row: Row, edits: Mapping[str, Edited]) -> Row:
        """The row with some fields edited and every gold offset moved along."""
        ...

    def mix(self, row: Row, others: Mapping[str, Row]) -> Row | None:
        """The row with its fields in different languages, from translations by language; None if it has only one."""
        ...

    def rivals(self, rows: Sequence[Row]) -> list[Row]:
        """Rows to decode along with any of `rows` asked about alone, so that its margin has rivals; mostly none."""
        ...

    def shown(self, row: Row, facts: Facts) -> dict[str, str]:
        """The row as a person reads it, field by field, for `show` and reports."""
        ...

    def gold(self, row: Row) -> Any:
        """The gold answer in the terms of `Prediction.value`, as JSON; where several are right, a list of them, none for none."""
        ...

    def golds(self, row: Row, facts: Facts) -> Sequence[str]:
        """The names of the row's gold labels, for counts of how often each occurs; empty where the gold answer is none."""
        ...
