"""The three kinds of step, each a frozen value whose key covers everything that decides its numbers and nothing else.

What a number does not depend on (device, paths, batch packing at prediction) is not in a step. Fields at their default are
left out of the key, so a new field with a default keeps every old key. Identities are canonical JSON, made by the rooms that
know the thing: `data.identity`, `models.door.identity`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal, TypeVar

from adaptstilts.settings import AdapterSettings, Limits, Recipe
from adaptstilts.steps.key import key_of

T = TypeVar("T")

HELD_OUT = "held out"
"""In place of a dev set: a part of the training rows that is not trained on."""

DEV_ROWS = 1000
"""How many held-out rows an adapter is scored on, unless it is trained on fewer."""

DRAWN = 2
"""The version of scores whose bounded rows are drawn by their ids; version 1 takes the first ones."""

REREAD_ROWS = 64
"""How many rows a transfer predicts before saving and after reloading; the two must agree to the bit."""


@dataclass(frozen=True)
class Lesson:
    """One of the tasks that a step trains, and the rows it learns from.

    `dev` is the identity of the held-out rows that it is scored on: empty where it is that of `data`, HELD_OUT where the
    task has none and a part of the training rows is kept back.
    """

    task: str
    task_version: int
    data: str
    rows: int | None = None
    standin: str = ""
    dev: str = ""


class _Keyed:
    """A step that is known by the digest of what it is."""

    kind: ClassVar[str]

    @cached_property
    def key(self) -> str:
        return key_of(self.kind, self)


@dataclass(frozen=True)
class TrainAdapter(_Keyed):
    """Train one adapter on one intermediate task, on the frozen backbone.

    The baselines are variants of it: `more` tasks at once, going on from where the step `start` ended, the `whole`
    encoder in place of an adapter, masked-language modelling on a `text` in between (its identity; empty: none).
    `standin` is the task whose data took the place of one that has no public data, `languages` the digest of the source
    language's adapter below it, if there is one.
    """

    kind: ClassVar[Literal["adapter"]] = "adapter"
    trains: ClassVar[bool] = True
    run: ClassVar[None] = None
    task: str
    task_version: int
    data: str
    language: str
    backbone: str
    shape: AdapterSettings
    recipe: Recipe
    limits: Limits
    rows: int | None = None
    more: tuple[Lesson, ...] = ()
    start: TrainAdapter | None = None
    whole: bool = False
    text: str = ""
    standin: str = ""
    dev: str = ""
    languages: str = ""
    seed: int = 0
    version: int = 1

    @property
    def needs(self) -> tuple[TrainAdapter, ...]:
        return (self.start,) if self.start else ()

    @property
    def chain(self) -> tuple[TrainAdapter, ...]:
        """The steps that this one goes on from, first to last, and itself."""
        return (*(self.start.chain if self.start else ()), self)

    @property
    def speaks(self) -> str:
        """The language whose adapter alone it depends on, where there are language adapters."""
        return self.language

    @property
    def topics(self) -> tuple[str, ...]:
        """The tasks, targets and compositions that it is about."""
        return self.tasks

    def made(self, *, shelved: Callable[[str], T], trained: Callable[[str], T]) -> T:
        """What `trained` says of its key; see `Shelved.made`."""
        return trained(self.key)

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """Every task that is trained in this step."""
        return (Lesson(self.task, self.task_version, self.data, self.rows, self.standin, self.dev), *self.more)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Every task that the result has been trained on, in order."""
        return tuple(lesson.task for step in self.chain for lesson in step.lessons)

    @property
    def title(self) -> str:
        what = "encoder" if self.whole else "adapter"
        after = f" after {', '.join(self.start.tasks)}" if self.start else ""
        learnt = [*(lesson.task for lesson in self.lessons), *(["text"] if self.text else [])]
        return f"{what} {' + '.join(learnt)}{after}"


@dataclass(frozen=True)
class Shelved:
    """An adapter that is taken from the zoo as it is; its identity is its digest."""

    whole: ClassVar[bool] = False
    chain: ClassVar[tuple[TrainAdapter, ...]] = ()
    task: str
    digest: str

    @property
    def tasks(self) -> tuple[str, ...]:
        return (self.task,)

    def made(self, *, shelved: Callable[[str], T], trained: Callable[[str], T]) -> T:
        """What `shelved` says of the digest; of a step that is to be trained, `trained` says it of the key."""
        return shelved(self.digest)


Ingredient = TrainAdapter | Shelved


@dataclass(frozen=True)
class Transfer(_Keyed):
    """Train a composition's open parts and the target head on source-language target data.

    `adapters` are the ingredients that exist before; `names` are those of all members of the composition where they
    are not the ingredients' tasks (untrained members have no ingredient), `method` how they are combined where there
    are several ways. `languages` are the digests of language adapters by language, as canonical JSON. A target that
    learns nothing (retrieval) leaves data, recipe, rows and seed at their defaults; retrieval sets `depth` and `pooling`,
    where and how the encoder is read, and `options` if training depends on others of its settings, as canonical JSON.
    """

    kind: ClassVar[Literal["transfer"]] = "transfer"
    trains: ClassVar[bool] = True
    speaks: ClassVar[str] = ""
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
    pooling: str = "mean"
    names: tuple[str, ...] = ()
    method: str = ""
    languages: str = ""
    options: str = ""
    seed: int = 0
    version: int = 1

    @property
    def needs(self) -> tuple[TrainAdapter, ...]:
        return tuple(step for adapter in self.adapters for step in adapter.chain[-1:])

    @property
    def run(self) -> Transfer:
        """The transfer that is meant where this step is named as a run."""
        return self

    @property
    def topics(self) -> tuple[str, ...]:
        return self.target, self.composition

    @property
    def members(self) -> tuple[str, ...]:
        """The names of the composition's adapters, trained or not."""
        return self.names or tuple(a.task for a in self.adapters)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Every task that some ingredient was trained on."""
        return tuple(dict.fromkeys(task for a in self.adapters for task in a.tasks))

    def standins(self, shelved: Mapping[str, str]) -> dict[str, str]:
        """Task -> the task whose data stood in for its own, over all ingredients; `shelved` says it of digests of the zoo."""
        lessons = [lesson for need in self.needs for step in need.chain for lesson in step.lessons]
        taken = {a.task: shelved.get(a.digest, "") for a in self.adapters if isinstance(a, Shelved)}
        return {
            task: other
            for task, other in ({lesson.task: lesson.standin for lesson in lessons} | taken).items()
            if other
        }

    @property
    def title(self) -> str:
        how = f"{self.composition} {self.method}" if self.method else self.composition
        inside = self.tasks if self.members == (self.composition,) else self.members
        return f"{how}({', '.join(inside)}) → {self.target}"


@dataclass(frozen=True)
class Score(_Keyed):
    """Score a transfer in some languages: clean, under one `attack` held against `clean`, or on one `challenge` set.

    `noise` is a positive control: the standard deviation of an effect that a sweep plants on purpose, 0 for none.
    `clusters` names the Unicode tables that an attack parts text by (see `graphemes.tables`); empty where the text is generated.
    `reads` says of those of its languages that the encoder has no parts for whose parts read them, as canonical JSON.
    """

    kind: ClassVar[Literal["score"]] = "score"
    trains: ClassVar[bool] = False
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
    challenge: str = ""
    challenge_version: int = 1
    resources: str = ""
    options: str = ""
    texts: Score | None = None
    noise: float = 0.0
    clusters: str = ""
    reads: str = ""
    seed: int = 0
    version: int = 1

    @property
    def needs(self) -> tuple[Step, ...]:
        return (self.transfer, *(score for score in (self.clean, self.texts) if score))

    @property
    def run(self) -> Transfer:
        return self.transfer

    @property
    def drawn(self) -> bool:
        """Whether `rows` are drawn by their ids, and not the first ones."""
        return self.rows is not None and self.version >= DRAWN

    @property
    def topics(self) -> tuple[str, ...]:
        return self.transfer.topics

    @property
    def title(self) -> str:
        return f"score {self.challenge or self.attack or 'clean'}"


Step = TrainAdapter | Transfer | Score


def upstream(*steps: Step) -> tuple[Step, ...]:
    """The steps with everything they need, each after what it needs, none twice."""
    found: dict[str, Step] = {}

    def visit(step: Step) -> None:
        if step.key not in found:
            for need in step.needs:
                visit(need)
            found[step.key] = step

    for step in steps:
        visit(step)
    return tuple(found.values())
