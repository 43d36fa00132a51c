"""What decides the numbers of each kind of step, as its record spells it: the fields of `steps.step`, other steps as keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator

from adaptstilts.store.records.part import MOST, Digest, Identity, Key, Object, Part


def _as_told(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """A number as it was read: a key is a digest of 1 or of 1.0."""
    check(value)
    return value


Whole = Annotated[int, Field(strict=True, ge=-MOST, le=MOST)]
Counted = Annotated[int, Field(strict=True, ge=0, le=MOST)]
Flag = Annotated[bool, Field(strict=True)]
Real = Annotated[float, Field(strict=True), WrapValidator(_as_told), PlainSerializer(lambda value: value)]
Strength = Annotated[float, Field(strict=True, ge=0), WrapValidator(_as_told), PlainSerializer(lambda value: value)]


class LessonSpec(Part):
    """One of several tasks that a step trains."""

    task: str
    task_version: Whole
    data: Identity
    rows: Counted | None = None
    standin: str = ""
    dev: Identity = ""


class ShelvedSpec(Part):
    """An adapter that was taken from a zoo."""

    task: str
    digest: Digest


class AdapterSpec(Part):
    """What an adapter was trained on, and how."""

    step: Literal["adapter"]
    task: str
    task_version: Whole
    data: Identity
    language: str
    backbone: Identity
    shape: Object
    recipe: Object
    limits: Object
    rows: Counted | None = None
    more: tuple[LessonSpec, ...] = ()
    start: Key | None = None
    whole: Flag = False
    text: Identity = ""
    standin: str = ""
    dev: Identity = ""
    languages: Identity = ""
    seed: Whole = 0
    version: Whole = 1


class TransferSpec(Part):
    """What was composed, and what it was trained on."""

    step: Literal["transfer"]
    target: str
    target_version: Whole
    language: str
    backbone: Identity
    composition: str
    composition_version: Whole
    adapters: tuple[Key | ShelvedSpec, ...]
    shape: Object
    limits: Object
    data: Identity = ""
    recipe: Object = Field(default_factory=dict)
    target_adapter: Flag = True
    rows: Counted | None = None
    depth: Real = 0.0
    pooling: str = "mean"
    names: tuple[str, ...] = ()
    method: str = ""
    languages: Identity = ""
    options: Identity = ""
    seed: Whole = 0
    version: Whole = 1


class ScoreSpec(Part):
    """What was scored, clean, attacked or on a challenge set."""

    step: Literal["score"]
    transfer: Key
    data: Identity
    languages: tuple[str, ...]
    limits: Object
    clean: Key | None = None
    attack: str = ""
    attack_version: Whole = 1
    rows: Counted | None = None
    severity: Strength = 0.0
    budget: Counted = 0
    challenge: str = ""
    challenge_version: Whole = 1
    resources: Identity = ""
    options: Identity = ""
    texts: Key | None = Field(default=None, description="The attack whose texts were replayed.")
    noise: Strength = Field(default=0.0, description="A planted positive control.")
    clusters: str = Field(default="", description="Digest of the Unicode tables that text was parted into letters by.")
    reads: Identity = ""
    seed: Whole = 0
    version: Whole = 1
