"""A record for each kind of step: what it was, what it made, what it cost and where it was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from adaptstilts.store.records.numbers import (
    AboveChance,
    ForgettingTable,
    HeldOut,
    Parts,
    Scores,
    StepCost,
    Summary,
    TrainingRun,
    a_share,
)
from adaptstilts.store.records.origin import Provenance
from adaptstilts.store.records.part import OR_NULL, Digest, Fraction, Identity, Key, Number, Part, in_words, parsed
from adaptstilts.store.records.spec import AdapterSpec, ScoreSpec, TransferSpec

SCHEMA = 1
"""Version of the schema: fields may be added within one; a change of meaning raises it."""

Kind = Literal["adapter", "transfer", "score"]
Standins = Annotated[dict[str, str], OR_NULL, Field(description="Task -> the task whose data stood in for its own.")]
_SPEC = "Everything that decides the step's numbers; fields at their defaults are left out, other steps stand as their keys."
_KEY = "Digest of `spec`: 16 hex digits of the BLAKE2b of its canonical JSON (sorted keys, no blanks, UTF-8)."


class Named(Part):
    """What a record says of its step before what the step made."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this schema.")
    key: Key = Field(description=_KEY)
    step: Kind = Field(description="Kind of step.")
    title: str = Field(description="For people.")
    spec: AdapterSpec | TransferSpec | ScoreSpec = Field(description=_SPEC)
    upstream: tuple[Key, ...] = Field(description="Keys of the steps that it needed.")


class Done(Part):
    """What a record says after what the step made."""

    cost: StepCost
    provenance: Provenance
    outcome: Literal["ok"]


class Identified(Part):
    """An artefact by its digest."""

    digest: Digest


class AdapterMade(Part):
    """What training an adapter, or an encoder, came to."""

    parts: Parts
    training: TrainingRun
    scores: dict[str, HeldOut] = Field(description="On held-out rows of the training language.")
    others: dict[str, dict[str, HeldOut]] = Field(
        default_factory=dict, description="Scores of further tasks of the same step, by task."
    )
    forgetting: ForgettingTable | None = None
    adapter: Identified
    task: str
    standins: Standins = Field(default_factory=dict)

    @property
    def above_chance(self) -> AboveChance | None:
        """By how much it beats chance at its own task; None where nobody looked."""
        return next((found.above_chance for found in self.scores.values()), None)

    @property
    def taught(self) -> bool | None:
        """Whether it beats chance at its task, or at any of several; None where nobody looked."""
        looked = [found.taught for cells in (self.scores, *self.others.values()) for found in cells.values()]
        return True in looked or (None if None in looked or not looked else False)


class TransferMade(Part):
    """What training a composition came to."""

    parts: Parts
    training: TrainingRun | None = Field(default=None, description="Not there for a target that trains nothing.")
    target: str
    composition: str
    method: str | None = None
    tasks: tuple[str, ...] = Field(description="Every task that some ingredient was trained on.")
    members: tuple[str, ...] = Field(default=(), description="The composition's adapters by name; their number is k.")
    seed: Number
    trained: tuple[str, ...]
    adapters: dict[str, Digest]
    untaught: tuple[str, ...] = Field(
        default=(), description="Members whose adapters do not beat chance at what they were trained on."
    )
    standins: Standins = Field(default_factory=dict)
    forgetting: ForgettingTable | None = None
    notes: Annotated[tuple[str, ...], OR_NULL] = ()
    origin: str = Field(default="", description="Where it was pulled from; empty for one that was trained here.")


class ScoreMade(Part):
    """What a transfer scored in each language."""

    origins: dict[str, Identity] = Field(default_factory=dict, description="What decided the rows, by language.")
    members: tuple[str, ...] = ()
    attention: Annotated[dict[str, tuple[tuple[Fraction | None, ...] | None, ...]], OR_NULL] = Field(
        default_factory=dict,
        description="By language: [layers, members], the mean share that fusion or a gate gave to each member.",
    )
    target: str
    challenge: str | None = None
    metric: str = Field(description="Which of the scores is the task's own.")
    attack: str | None = Field(description="null: clean.")
    exposure: Literal["seen", "related", "unseen", "unknown"] = Field(
        description="Whether adapters were trained on data of the same family."
    )
    standins: Standins = Field(default_factory=dict)
    summary: Summary
    scores: dict[str, Scores] = Field(description="By language.")
    predictions: Digest | None = Field(
        default=None,
        description="Digest over the rows of predictions (in records of earlier versions over their file); not there in records that did "
        "not say yet.",
    )

    @model_validator(mode="after")
    def _shares(self) -> ScoreMade:
        for language, cells in self.scores.items():
            try:
                a_share((cells.model_extra or {}).get(self.metric))
            except ValueError as error:
                raise ValueError(f"scores.{language}.{self.metric}: {error}") from error
        if self.summary.languages > len(self.scores):
            raise ValueError(f"summary.languages: {self.summary.languages}, and scores in {len(self.scores)}")
        return self

    def score(self, language: str) -> float | None:
        """The task's own metric in a language; None where there is none."""
        cells = self.scores.get(language)
        return cells.metric(self.metric) if cells else None


class AdapterRecord(Done, AdapterMade, Named):
    """The record of a step that trains an adapter."""

    step: Literal["adapter"]
    spec: AdapterSpec = Field(description=_SPEC)


class TransferRecord(Done, TransferMade, Named):
    """The record of a step that trains a composition."""

    step: Literal["transfer"]
    spec: TransferSpec = Field(description=_SPEC)


class ScoreRecord(Done, ScoreMade, Named):
    """The record of a step that scores a transfer."""

    step: Literal["score"]
    spec: ScoreSpec = Field(description=_SPEC)


Record = AdapterRecord | TransferRecord | ScoreRecord
Made = AdapterMade | TransferMade | ScoreMade


SHAPE: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="step")])


def read_record(text: bytes | str) -> Record:
    """The record that a JSON text spells; ValueError with what is wrong in one line."""
    return parsed(SHAPE, text)


def record_of(fields: Mapping[str, Any]) -> Record:
    """The record that these fields make; ValueError with what is wrong in one line."""
    try:
        return SHAPE.validate_python(dict(fields))
    except ValidationError as error:
        raise ValueError(in_words(error)) from error
