"""What a config may say: data, training by family of steps, evaluation, the devices' ways, and a sweep, with defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from typing_extensions import Doc

from adaptstilts.config.declared import hints
from adaptstilts.config.design import Design
from adaptstilts.names import RULE, is_name
from adaptstilts.settings import (
    AdapterSettings,
    BackboneSettings,
    Count,
    DeviceSettings,
    Limits,
    Names,
    Positive,
    Recipe,
    Section,
    Share,
)

T = TypeVar("T")


@dataclass(frozen=True)
class DataSettings(Section):
    """Where rows come from, and the languages that training is in."""

    source: Annotated[str, Doc("Where rows come from: `pocket`, `hub`, or a folder in the Hub's layout.")] = "hub"
    language: Annotated[str, Doc("The language that targets are trained in.")] = "en"
    intermediate_language: Annotated[str, Doc("That intermediate tasks are trained in; most have English only.")] = "en"
    allow_standin: Annotated[
        bool,
        Doc("Where a task's data are licensed and not there, train on its declared stand-in; every number says so."),
    ] = False
    text: Annotated[str, Doc("A file of sentences for masked-language modelling.")] = ""
    lexicon: Annotated[str, Doc("Bilingual dictionaries for `codemix` (MUSE or PanLex files).")] = ""
    tautologies: Annotated[str, Doc("A table of clauses by language that `distract` adds.")] = ""


def _differing(cls: type[T]) -> type[T]:
    """The class as a frozen dataclass with all fields of a recipe after its own, each None where it differs in nothing."""
    for name, hint in hints(Recipe).items():
        cls.__annotations__[name] = hint | None
        setattr(cls, name, None)
    return dataclass(frozen=True)(cls)


@_differing
class Difference(Section):
    """What one task's training does otherwise: settings of the recipe, and `rows`, the most training rows."""

    rows: Annotated[Count | None, Doc("Most training rows; null: all.")] = None
    if TYPE_CHECKING:

        def __init__(self, **settings: Any) -> None: ...

    def over(self, recipe: Recipe) -> Recipe:
        """The recipe with these differences laid over it; `steps` take the place of `epochs`, and back."""
        changes = {name: value for name, value in vars(self).items() if value is not None and name != "rows"}
        if len(changes.keys() & {"steps", "epochs"}) == 1:
            changes = {"steps": None, "epochs": None, **changes}
        return dataclasses.replace(recipe, **changes)

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from self.over(Recipe(steps=1)).problems()


@dataclass(frozen=True)
class Training(Section):
    """How one family of steps trains."""

    recipe: Recipe = field(default_factory=Recipe)
    rows: Annotated[Count | None, Doc("Most training rows; null: all.")] = None
    tasks: Annotated[Mapping[str, Difference], Doc("What a task does otherwise: settings of `recipe`, `rows`.")] = (
        field(default_factory=dict)
    )

    def recipe_for(self, task: str) -> Recipe:
        """The recipe with this task's differences laid over it."""
        return self.tasks.get(task, Difference()).over(self.recipe)

    def rows_for(self, task: str) -> int | None:
        """The most training rows of this task, None for all."""
        own = self.tasks.get(task, Difference()).rows
        return self.rows if own is None else own

    def problems(self) -> Iterator[tuple[str, str]]:
        from adaptstilts.tasks import TASKS  # to say what settings there are takes no registry

        yield from ((f"tasks.{task}", "there is no such task") for task in self.tasks if task not in TASKS)


@dataclass(frozen=True)
class RetrievalSettings(Section):
    """How sentences are compared where nothing is trained for it; null leaves what the task declares."""

    pooling: Annotated[Literal["mean", "first"] | None, Doc("What makes one vector of the hidden states.")] = None
    margin: Annotated[Literal["ratio", "distance", "absolute"] | None, Doc("Of mining (Artetxe & Schwenk).")] = None
    neighbours: Annotated[Count | None, Doc("Neighbours that mining's score takes the mean of.")] = None
    query_prefix: Annotated[str | None, Doc("Put before queries, as the encoder was trained (E5: `query: `).")] = None
    candidate_prefix: Annotated[str | None, Doc("Put before candidates.")] = None


@dataclass(frozen=True)
class Evaluation(Section):
    """What is scored, and how hard attacks try."""

    languages: Annotated[
        Names, Doc("Languages that are scored, of those that a target has; none: all of the task.")
    ] = ()
    rows: Annotated[Count | None, Doc("Rows a language, drawn by their ids; null: all.")] = None
    attacks: Annotated[Names, Doc("Attacks and challenge sets.")] = ()
    severity: Annotated[Share, Doc("Target share of letters that change.")] = 0.1
    radius: Annotated[Positive, Doc("How far embeddings may move (pgd), as a share of their mean norm.")] = 0.2
    budget: Annotated[Count, Doc("Queries that a search may spend on a row.")] = 50
    search_rows: Annotated[Count, Doc("Rows a language that searches attack, drawn as well.")] = 100
    depth: Annotated[Share, Doc("Where retrieval reads the encoder, as a share of its layers.")] = 14 / 24
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)


@dataclass(frozen=True)
class Config(Section):
    """Everything a run needs to know beside its tasks, target and seed. `sweep` plans steps and is in no step's key."""

    name: Annotated[str, Doc("What the config is called.")]
    summary: Annotated[str, Doc("What it is, in a line.")]
    backbone: BackboneSettings = field(default_factory=BackboneSettings)
    data: DataSettings = field(default_factory=DataSettings)
    adapter: AdapterSettings = field(default_factory=AdapterSettings)
    limits: Limits = field(default_factory=Limits)
    intermediate: Training = field(default_factory=Training)
    transfer: Annotated[Training, Doc("How targets are trained: all settings of `intermediate`.")] = field(
        default_factory=Training
    )
    full: Annotated[Difference, Doc("What fine-tuning the whole encoder does otherwise, as in `tasks`.")] = field(
        default_factory=lambda: Difference(rate=2e-5)
    )
    language_adapters: Annotated[Mapping[str, str], Doc("Folders of adapters by language (MAD-X).")] = field(
        default_factory=dict
    )
    evaluation: Evaluation = field(default_factory=Evaluation)
    device: DeviceSettings = field(default_factory=DeviceSettings)
    sweep: Design | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        if not is_name(self.name):
            yield "name", f"{self.name[:99]!r} can be no file's name; it has {RULE}"
