"""The numbers of a record: scores by language, parameters, training, cost."""

from __future__ import annotations

from typing import Annotated, Any, TypeGuard

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from adaptstilts.numerals import signed
from adaptstilts.store.records.part import Amount, Difference, Fraction, Identity, Natural, Object, Part

SUMS = ("trainable", "added", "total")


def _number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def a_share(value: Any) -> Any:
    """A metric as it was read; ValueError for a number that is no share."""
    if _number(value) and not 0 <= value <= 1:  # also of an integer that no float holds
        raise ValueError(f"a metric is a share in [0, 1], not {value}")
    return value


_EXTRA = Field(json_schema_extra={"minimum": 0, "maximum": 1})


def _fraction(value: Any) -> Any:
    return a_share(value) if isinstance(value, float) else value


class Measured(Part):
    """Metrics by name, shares in [0, 1], among other fields, which are let be."""

    __pydantic_extra__: dict[str, Annotated[Any, _EXTRA]]

    @property
    def metrics(self) -> dict[str, float]:
        found = (self.model_extra or {}).items()
        return {name: float(value) for name, value in found if _number(value) and 0 <= value <= 1}

    def metric(self, name: str) -> float | None:
        """The score by this metric; None where it could not be scored."""
        value = (self.model_extra or {}).get(name)
        return float(value) if _number(value) else None


class AboveChance(Part):
    """By how much a model beats answers that no text decides on the same `n` rows, with the 95 % interval that these rows leave.

    `uninformed` is what the better of such answers scores, chosen with the gold ones in sight: the commonest label, always one
    choice or a random one, no answer or the context's beginning, the commonest tag.
    """

    n: Natural
    uninformed: Fraction
    by: Difference = Field(description="The metric minus `uninformed`.")
    low: Difference
    high: Difference

    @property
    def taught(self) -> bool:
        """Whether the model has learnt something: the interval lies above 0."""
        return self.low > 0

    @property
    def points(self) -> str:
        """The difference with its interval, in points."""
        return f"{signed(100 * self.by, 1)} [{signed(100 * self.low, 1)}, {signed(100 * self.high, 1)}]"

    @property
    def said(self) -> str:
        """The same; it says where nothing was learnt."""
        return self.points if self.taught else f"untaught: {self.points}"


class HeldOut(Measured):
    """How an adapter does on held-out rows of a task in one language."""

    # no field says which metric is the task's
    __pydantic_extra__: dict[str, Annotated[Any, AfterValidator(_fraction), _EXTRA]]

    n: Natural = Field(description="Rows scored.")
    chance: Fraction | None = Field(default=None, description="The score of guessing.")
    split: str = Field(default="dev", description="The split that the rows are of.")
    above_chance: AboveChance | None = None

    @property
    def taught(self) -> bool | None:
        """Whether the adapter beats chance; None where nobody looked."""
        return self.above_chance.taught if self.above_chance else None


class Scores(Measured):
    """Scores in one language: of clean rows, of rows before and after an attack, or why there are none."""

    model_config = ConfigDict(populate_by_name=False)
    n: Natural | None = Field(default=None, description="Rows scored.")
    reached: Natural | None = Field(default=None, description="Rows that an attack could edit.")
    refused: str | None = Field(
        default=None,
        alias="n/a",
        description="The attack does not apply, and why.",
    )
    clean: Fraction | None = Field(
        default=None, description="The metric on the same rows before the attack; the metric itself is after it."
    )
    split: str | None = Field(default=None, description="The split that the rows are of.")
    truncated: Natural = Field(default=0, description="Inputs that were cut.")
    chance: Fraction | None = Field(default=None, description="The score of guessing.")
    above_chance: AboveChance | None = Field(
        default=None, description="Of clean rows of a target that trains a head: whether that has learnt."
    )
    classes: dict[str, Natural] | None = Field(
        default=None, description="Of rows that were drawn, how often each gold label occurs."
    )
    worst_case: Fraction | None = Field(
        default=None, description="The metric where each row counts at its worse of clean and attacked."
    )
    success_rate: Fraction | None = Field(
        default=None, description="Share of the rows right when clean that are wrong after."
    )
    edit_rate: Amount | None = Field(default=None, description="Share of grapheme clusters that changed.")
    survival: Fraction | None = Field(default=None, description="Share of edits that the tokenizer noticed.")
    unknown: Fraction | None = Field(default=None, description="Share of edits that end in an unknown piece.")
    blank: Fraction | None = Field(default=None, description="Share of edits that end in a blank.")
    queries: Amount | None = Field(default=None, description="Mean questions to the model a row.")

    @model_validator(mode="after")
    def _says_something(self) -> Scores:
        if self.n is None and self.refused is None:
            raise ValueError("neither rows nor a reason why there are none")
        if self.n is not None and (self.reached or 0) > self.n:
            raise ValueError(f"reached {self.reached} of {self.n} rows")
        return self

    @model_serializer(mode="wrap")
    def _metrics_first(self, dump: SerializerFunctionWrapHandler) -> Object:
        """Metrics stand before what an attack did."""
        found: Object = dump(self)
        if self.refused is None:  # pydantic takes a field of tomorrow that is called `refused` for this one being given
            found.pop("n/a", None)
        return found | {name: found.pop(name) for name in _DID if name in found}


_DID = ("worst_case", "success_rate", "edit_rate", "survival", "unknown", "blank", "queries")


class Summary(Part):
    """The mean of the metric over languages; None where nothing was scored."""

    languages: Natural
    mean: Fraction | None
    mean_without_source: Fraction | None


class Parts(Part):
    """Parameters by part; trainable, added to the encoder, and total."""

    __pydantic_extra__: dict[str, Natural]
    backbone: Natural = 0
    language: Natural = 0
    adapters: Natural = 0
    fusion: Natural = 0
    gate: Natural = 0
    merge: Natural = 0
    target_adapter: Natural = 0
    head: Natural = 0
    trainable: Natural
    added: Natural = 0
    total: Natural

    @model_validator(mode="after")
    def _adds_up(self) -> Parts:
        if max(self.trainable, self.added) > self.total:
            raise ValueError(f"{self.trainable:,} trainable and {self.added:,} added of {self.total:,} in all")
        return self


class Portion(Part):
    """The rows of one task that a step learns from, and where they are from."""

    examples: Natural = 0
    origin: Identity = ""
    truncated: Natural = 0


class Portions(Portion):
    """What a step learns from: the rows of its first task, and those of others."""

    others: dict[str, Portion] = Field(default_factory=dict, description="Further tasks of the same step.")


class TrainingReport(Part):
    """Steps, cost and curve of a training run.

    Optimizer steps, examples and tokens seen (padding not counted), wall seconds over all its sittings, peak memory in
    bytes (of the GPU where one is used, else of the process), and the step it went on from.
    """

    steps: Natural = 0
    rows: Natural = 0
    tokens: Natural = 0
    seconds: Amount = 0.0
    loss: tuple[tuple[int, float], ...] = Field(default=(), description="About 50 of [step, mean since the last].")
    peak_memory: Natural = 0
    resumed_at: Natural = 0
    held_out: tuple[tuple[int, float], ...] = Field(default=(), description="[step, score on held-out rows].")
    kept: Natural | None = Field(default=None, description="The step whose weights were kept.")
    tokens_per_second: Amount = 0.0


class TrainingRun(TrainingReport, Portions):
    """How a training run went."""


class StepCost(Part):
    """Seconds and memory."""

    train_seconds: Amount | None = None
    tokens_per_second: Amount | None = None
    seconds: Amount
    peak_memory: Natural = Field(
        default=0, description="Bytes: of the GPU where that is the device, else of the process."
    )


class ForgettingTable(Part):
    """Scores of every task after each step of a sequence, and how far each earlier one has fallen from its best."""

    order: tuple[str, ...]
    scores: dict[str, tuple[Fraction | None, ...]]
    forgetting: dict[str, float]
