"""The three kinds of step, each a frozen value whose key covers everything that decides its numbers and nothing else.

What a number does not depend on (device, paths, batch packing at prediction) is not in a step. Fields at their default are
left out of the key, so a new field with a default keeps every old key. Identities are canonical JSON, made by the rooms that
know the thing: `data.identity`, `models.identity`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from adaptstilts import ids
from adaptstilts.settings import AdapterSettings, Limits, Recipe


@dataclass(frozen=True)
class TrainAdapter:
    """Train one adapter on one intermediate task, on the frozen backbone."""

    kind: ClassVar[str] = "adapter"
    task: str
    task_version: int
    data: str
    language: str
    backbone: str
    shape: AdapterSettings
    recipe: Recipe
    limits: Limits
    rows: int | None = None
    seed: int = 0
    version: int = 1

    @property
    def key(self) -> str:
        return _key(self)

    @property
    def needs(self) -> tuple[Step, ...]:
        return ()

    @property
    def title(self) -> str:
        return f"adapter {self.task}"


@dataclass(frozen=True)
class Shelved:
    """An adapter that is taken from the zoo as it is; its identity is its digest."""

    task: str
    digest: str


Ingredient = TrainAdapter | Shelved


@dataclass(frozen=True)
class Transfer:
    """Train a composition's open parts and the target head on source-language target data.

    A target that learns nothing (retrieval) leaves data, recipe, rows and seed at their defaults and sets `depth`, where the
    encoder is read.
    """

    kind: ClassVar[str] = "transfer"
    target: str
    target_version: int
    language: str
    backbone: str
    composition: str
    composition_version: int
    adapters: tuple[Ingredient, ...]
    shape: AdapterSettings
    limits: Limits
    data: str = ""
    recipe: Recipe = field(default_factory=Recipe)
    target_adapter: bool = True
    rows: int | None = None
    depth: float = 0.0
    seed: int = 0
    version: int = 1

    @property
    def key(self) -> str:
        return _key(self)

    @property
    def needs(self) -> tuple[Step, ...]:
        return tuple(a for a in self.adapters if isinstance(a, TrainAdapter))

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(a.task for a in self.adapters)

    @property
    def title(self) -> str:
        inside = ", ".join(self.tasks)
        return f"{self.composition}({inside}) → {self.target}"


@dataclass(frozen=True)
class Score:
    """Score a transfer in some languages, clean (`attack` empty) or under one attack, which is held against `clean`."""

    kind: ClassVar[str] = "score"
    transfer: Transfer
    data: str
    languages: tuple[str, ...]
    limits: Limits
    clean: Score | None = None
    attack: str = ""
    attack_version: int = 1
    rows: int | None = None
    severity: float = 0.0
    budget: int = 0
    seed: int = 0
    version: int = 1

    @property
    def key(self) -> str:
        return _key(self)

    @property
    def needs(self) -> tuple[Step, ...]:
        return (self.transfer, self.clean) if self.clean else (self.transfer,)

    @property
    def title(self) -> str:
        return f"score {self.attack or 'clean'}"


Step = TrainAdapter | Transfer | Score


def spec(step: Step) -> dict[str, Any]:
    """What decides the step's numbers, as JSON: its kind, its fields that differ from their defaults, upstream keys."""
    return {"step": step.kind, **_differences(step)}


def _key(step: Step) -> str:
    return ids.digest(spec(step))


def _differences(value: Any) -> dict[str, Any]:
    found = {}
    for f in dataclasses.fields(value):
        now = getattr(value, f.name)
        if now == f.default or (f.default_factory is not dataclasses.MISSING and now == f.default_factory()):
            continue
        found[f.name] = _spelt(now)
    return found


def _spelt(value: Any) -> Any:
    if isinstance(value, (TrainAdapter, Transfer, Score)):
        return value.key
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _differences(value)
    if isinstance(value, tuple):
        return [_spelt(item) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return value
