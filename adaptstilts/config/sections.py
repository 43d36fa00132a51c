"""What a config may say: data, training by family of steps, evaluation, the devices' ways, and a sweep, with defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from adaptstilts.config.design import Design
from adaptstilts.settings import STRICT, AdapterSettings, BackboneSettings, DeviceSettings, Limits, Recipe


@dataclass(frozen=True)
class DataSettings:
    """Where rows come from: `pocket`, `hub`, or a folder in the Hub's layout; and the languages that training is in.

    `language` is the source language of transfer. Intermediate tasks are English unless `intermediate_language` says that
    translated training sets are at hand. `allow_standin` lets a task's declared stand-in take the place of licensed data
    that is not there. `text` is a file of sentences for masked-language modelling, `lexicon` a file or folder of
    bilingual dictionaries for mixing codes, `tautologies` a table of clauses by language that `distract` adds.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    source: str = "hub"
    language: str = "en"
    intermediate_language: str = "en"
    allow_standin: bool = False
    text: str = ""
    lexicon: str = ""
    tautologies: str = ""


@dataclass(frozen=True)
class Difference:
    """What one task's training does otherwise: settings of the recipe, and `rows`, the most training rows."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    rows: int | None = None
    steps: int | None = None
    epochs: float | None = None
    rate: float | None = None
    fusion_rate: float | None = None
    batch: int | None = None
    warmup: float | None = None
    weight_decay: float | None = None
    clip: float | None = None
    alpha: float | None = None
    patience: int | None = None
    evaluate_every: int | None = None
    held_out: float | None = None

    def over(self, recipe: Recipe) -> Recipe:
        """The recipe with these differences laid over it; `steps` take the place of `epochs`, and back."""
        changes = {k: v for k, v in dataclasses.asdict(self).items() if v is not None and k != "rows"}
        if len(changes.keys() & {"steps", "epochs"}) == 1:
            changes = {"steps": None, "epochs": None, **changes}
        return dataclasses.replace(recipe, **changes)


@dataclass(frozen=True)
class Training:
    """How one family of steps trains. `rows` bounds the training rows (None: all); `tasks` holds differences by task name."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    recipe: Recipe = field(default_factory=Recipe)
    rows: int | None = None
    tasks: Mapping[str, Difference] = field(default_factory=dict)

    def recipe_for(self, task: str) -> Recipe:
        """The recipe with this task's differences laid over it."""
        return self.tasks.get(task, Difference()).over(self.recipe)

    def rows_for(self, task: str) -> int | None:
        """The most training rows of this task, None for all."""
        own = self.tasks.get(task, Difference()).rows
        return self.rows if own is None else own


@dataclass(frozen=True)
class RetrievalSettings:
    """How sentences are compared where nothing is trained for it; None leaves what the task declares.

    `pooling` makes one vector of the hidden states ("mean" or "first"), `margin` and `neighbours` are mining's (Artetxe &
    Schwenk 2019: "ratio", "distance", "absolute").
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    pooling: Literal["mean", "first"] | None = None
    margin: Literal["ratio", "distance", "absolute"] | None = None
    neighbours: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """What is scored: languages (empty: all of the task), rows a language, attacks and challenge sets, and how hard they try.

    `attacks` names both. `severity` is the target grapheme edit rate, `radius` that of the ball in which embeddings may
    move, as a share of their mean norm; `budget` the queries a search may spend on a row; `search_rows` the rows a
    language that searches attack; `depth` where retrieval reads the encoder, as a share of its layers, and `retrieval`
    the other settings of that kind.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    languages: tuple[str, ...] = ()
    rows: int | None = None
    attacks: tuple[str, ...] = ()
    severity: float = 0.1
    radius: float = 0.2
    budget: int = 50
    search_rows: int = 100
    depth: float = 14 / 24
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)


@dataclass(frozen=True)
class Config:
    """Everything a run needs to know beside its tasks, target and seed.

    `full` is what fine-tuning the whole encoder does otherwise; `language_adapters` are folders by language (MAD-X).
    `sweep` is the design of a sweep; it plans steps and is in no step's key.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    summary: str
    backbone: BackboneSettings = field(default_factory=BackboneSettings)
    data: DataSettings = field(default_factory=DataSettings)
    adapter: AdapterSettings = field(default_factory=AdapterSettings)
    limits: Limits = field(default_factory=Limits)
    intermediate: Training = field(default_factory=Training)
    transfer: Training = field(default_factory=Training)
    full: Difference = field(default_factory=lambda: Difference(rate=2e-5))
    language_adapters: Mapping[str, str] = field(default_factory=dict)
    evaluation: Evaluation = field(default_factory=Evaluation)
    device: DeviceSettings = field(default_factory=DeviceSettings)
    sweep: Design | None = None
