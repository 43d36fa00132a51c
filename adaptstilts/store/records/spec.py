"""What decides the numbers of each kind of step, as its record spells it: the fields of `steps.step`, other steps as keys."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adaptstilts.store.records.part import Amount, Count, Digest, Identity, Key, Object, Part


class LessonSpec(Part):
    """One of several tasks that a step trains."""

    task: str
    task_version: int
    data: Identity
    rows: Count | None = None
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
    task_version: int
    data: Identity
    language: str
    backbone: Identity
    shape: Object
    recipe: Object
    limits: Object
    rows: Count | None = None
    more: tuple[LessonSpec, ...] = ()
    start: Key | None = None
    whole: bool = False
    text: Identity = ""
    standin: str = ""
    dev: Identity = ""
    languages: Identity = ""
    seed: int = 0
    version: int = 1


class TransferSpec(Part):
    """What was composed, and what it was trained on."""

    step: Literal["transfer"]
    target: str
    target_version: int
    language: str
    backbone: Identity
    composition: str
    composition_version: int
    adapters: tuple[Key | ShelvedSpec, ...]
    shape: Object
    limits: Object
    data: Identity = ""
    recipe: Object = Field(default_factory=dict)
    target_adapter: bool = True
    rows: Count | None = None
    depth: float = 0.0
    pooling: str = "mean"
    names: tuple[str, ...] = ()
    method: str = ""
    languages: Identity = ""
    seed: int = 0
    version: int = 1


class ScoreSpec(Part):
    """What was scored, clean, attacked or on a challenge set."""

    step: Literal["score"]
    transfer: Key
    data: Identity
    languages: tuple[str, ...]
    limits: Object
    clean: Key | None = None
    attack: str = ""
    attack_version: int = 1
    rows: Count | None = None
    severity: Amount = 0.0
    budget: Count = 0
    challenge: str = ""
    challenge_version: int = 1
    resources: Identity = ""
    options: Identity = ""
    texts: Key | None = Field(default=None, description="The attack whose texts were replayed.")
    noise: Amount = Field(default=0.0, description="A planted positive control.")
    seed: int = 0
    version: int = 1
