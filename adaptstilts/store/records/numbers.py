"""The numbers of a record: scores by language, parameters, training, cost."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from adaptstilts.store.records.part import Amount, Count, Identity, Object, Part, Share

SUMS = ("trainable", "added", "total")


def _metric(value: Any) -> Any:
    """A field of scores that has no name here: a share where it is a number with a fraction."""
    if isinstance(value, float) and not 0 <= value <= 1:
        raise ValueError(f"a metric is a share in [0, 1], not {value}")
    return value


class Measured(Part):
    """Metrics by name, shares in [0, 1], among other fields."""

    __pydantic_extra__: dict[
        str, Annotated[Any, AfterValidator(_metric), Field(json_schema_extra={"minimum": 0, "maximum": 1})]
    ]

    @property
    def metrics(self) -> dict[str, float]:
        return {name: value for name, value in (self.model_extra or {}).items() if isinstance(value, float)}

    def metric(self, name: str) -> float | None:
        """The score by this metric; None where it could not be scored."""
        value = (self.model_extra or {}).get(name)
        return value if isinstance(value, float) else None


class HeldOut(Measured):
    """How an adapter does on held-out rows of a task in one language."""

    n: Count = Field(description="Rows scored.")
    chance: Share | None = Field(default=None, description="The score of guessing.")
    split: str = Field(default="dev", description="The split that the rows are of.")


class Scores(Measured):
    """Scores in one language: of clean rows, of rows before and after an attack, or why there are none."""

    n: Count | None = Field(default=None, description="Rows scored.")
    reached: Count | None = Field(default=None, description="Rows that an attack could edit.")
    refused: str | None = Field(
        default=None,
        validation_alias=AliasChoices("n/a", "refused"),
        serialization_alias="n/a",
        description="The attack does not apply, and why.",
    )
    clean: Share | None = Field(
        default=None, description="The metric on the same rows before the attack; the metric itself is after it."
    )
    split: str | None = Field(default=None, description="The split that the rows are of.")
    truncated: Count = Field(default=0, description="Inputs that were cut.")
    chance: Share | None = Field(default=None, description="The score of guessing.")
    worst_case: Share | None = Field(
        default=None, description="The metric where each row counts at its worse of clean and attacked."
    )
    success_rate: Share | None = Field(
        default=None, description="Share of the rows right when clean that are wrong after."
    )
    edit_rate: Amount | None = Field(default=None, description="Share of grapheme clusters that changed.")
    survival: Share | None = Field(default=None, description="Share of edits that the tokenizer noticed.")
    queries: Amount | None = Field(default=None, description="Mean questions to the model a row.")

    @model_validator(mode="after")
    def _says_something(self) -> Scores:
        if self.n is None and self.refused is None:
            raise ValueError("neither rows nor a reason why there are none")
        return self

    @model_serializer(mode="wrap")
    def _metrics_first(self, dump: SerializerFunctionWrapHandler) -> Object:
        """Metrics stand before what an attack did."""
        found: Object = dump(self)
        return found | {name: found.pop(name) for name in _DID if name in found}


_DID = ("worst_case", "success_rate", "edit_rate", "survival", "queries")


class Summary(Part):
    """The mean of the metric over languages; None where nothing was scored."""

    languages: Count
    mean: Share | None
    mean_without_source: Share | None


class Parts(Part):
    """Parameters by part; trainable, added to the encoder, and total."""

    __pydantic_extra__: dict[str, Count]
    backbone: Count = 0
    language: Count = 0
    adapters: Count = 0
    fusion: Count = 0
    gate: Count = 0
    merge: Count = 0
    target_adapter: Count = 0
    head: Count = 0
    trainable: Count
    added: Count = 0
    total: Count


class Portion(Part):
    """The rows of one task that a step learns from, and where they are from."""

    examples: Count = 0
    origin: Identity = ""
    truncated: Count = 0


class Portions(Portion):
    """What a step learns from: the rows of its first task, and those of others."""

    others: dict[str, Portion] = Field(default_factory=dict, description="Further tasks of the same step.")


class TrainingReport(Part):
    """Steps, cost and curve of a training run.

    Optimizer steps, examples and tokens seen (padding not counted), wall seconds over all its sittings, peak memory in
    bytes (of the GPU where one is used, else of the process), and the step it went on from.
    """

    steps: Count = 0
    rows: Count = 0
    tokens: Count = 0
    seconds: Amount = 0.0
    loss: tuple[tuple[int, float], ...] = Field(default=(), description="About 50 of [step, mean since the last].")
    peak_memory: Count = 0
    resumed_at: Count = 0
    held_out: tuple[tuple[int, float], ...] = Field(default=(), description="[step, score on held-out rows].")
    kept: Count | None = Field(default=None, description="The step whose weights were kept.")
    tokens_per_second: Amount = 0.0


class TrainingRun(TrainingReport, Portions):
    """How a training run went."""


class StepCost(Part):
    """Seconds and memory."""

    train_seconds: Amount | None = None
    tokens_per_second: Amount | None = None
    seconds: Amount
    peak_memory: Count = Field(description="Bytes: of the GPU where that is the device, else of the process.")


class ForgettingTable(Part):
    """Scores of every task after each step of a sequence, and how far each earlier one has fallen from its best."""

    order: tuple[str, ...]
    scores: dict[str, tuple[Share | None, ...]]
    forgetting: dict[str, float]
