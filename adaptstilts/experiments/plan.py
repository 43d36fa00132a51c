"""From a config and names to steps: pure, counted, nothing heavy imported; a cell is one transfer and its scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from adaptstilts import ids
from adaptstilts.attacks import ATTACKS
from adaptstilts.compositions import COMPOSITIONS, Composition
from adaptstilts.data.identity import identity as data_identity
from adaptstilts.data.where import Where, facts_for
from adaptstilts.errors import InputError, NotApplicable, UnknownName
from adaptstilts.experiments.config import Config
from adaptstilts.experiments.steps import Ingredient, Score, Shelved, Step, TrainAdapter, Transfer
from adaptstilts.experiments.store import Store
from adaptstilts.experiments.zoo import Zoo
from adaptstilts.kinds import kind_of
from adaptstilts.models.identity import identity as backbone_identity
from adaptstilts.tasks import TASKS, Task


@dataclass(frozen=True)
class Request:
    """What one command asks for: a composition of tasks under a target, with a seed."""

    composition: str
    tasks: tuple[str, ...]
    target: str
    seed: int = 0
    target_adapter: bool = True
    retrain: bool = False


@dataclass(frozen=True)
class Cell:
    """One transfer with everything it needs and everything it is scored on."""

    config: Config
    transfer: Transfer
    scores: tuple[Score, ...]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, each after those it needs, none twice."""
        return (*self.transfer.needs, self.transfer, *self.scores)


def where_of(config: Config) -> Where:
    """Where this config's rows come from."""
    return Where.of(config.data.source)


def task_of(config: Config, name: str) -> Task:
    """The task as it is in this config: its languages and labels where its rows lie, its kind's settings; UnknownName."""
    task = facts_for(TASKS.get(name), where_of(config))
    return dataclasses.replace(task, options={**task.options, "depth": config.evaluation.depth})


def adapter_step(config: Config, name: str, seed: int = 0) -> TrainAdapter:
    """The step that trains one intermediate adapter; UnknownName if no such task, DataMissing if it has no training rows."""
    task, language = task_of(config, name), config.data.intermediate_language
    return TrainAdapter(
        task=name,
        task_version=task.version,
        data=_data(task, config, "train", (language,)),
        language=language,
        backbone=_backbone(config),
        shape=config.adapter,
        recipe=config.intermediate.recipe_for(name),
        limits=config.limits,
        rows=config.intermediate.rows_for(name),
        seed=seed,
    )


def cell(config: Config, request: Request, zoo: Zoo | None) -> Cell:
    """The steps of one command. Adapters come from `zoo` where it holds one made by the very step that would make it.

    Raises UnknownName for tasks, targets, compositions, attacks and languages; InputError for a number of tasks that the
    composition cannot take, or the same task twice; NotApplicable for fusion under a target that trains nothing.
    """
    composition = COMPOSITIONS.get(request.composition)
    _check_tasks(composition, request.tasks)
    names = request.tasks if composition.ordered else tuple(sorted(request.tasks))
    target = task_of(config, request.target)
    if where_of(config).place == "pocket" and config.data.language not in target.languages:
        raise UnknownName("language of the pocket lab", config.data.language, target.languages, where="data.language")
    head = kind_of(target.kind).head(target)
    if composition.fusion and head.loss == "none":
        do = "Use single or stack: `fuse` would score with an attention that nothing has trained."
        raise NotApplicable(f"{target.name} trains nothing, so {composition.name!r} has nothing to learn from", do=do)
    transfer = Transfer(
        target=request.target,
        target_version=target.version,
        language=config.data.language,
        backbone=_backbone(config),
        composition=composition.name,
        composition_version=composition.version,
        adapters=tuple(_ingredient(config, name, None if request.retrain else zoo) for name in names),
        shape=config.adapter,
        limits=config.limits,
        target_adapter=request.target_adapter and head.loss != "none",
        depth=head.depth if head.level == "pooled" else 0.0,
    )
    if head.loss != "none":
        transfer = dataclasses.replace(
            transfer,
            data=_data(target, config, "train", (config.data.language,)),
            recipe=config.transfer.recipe_for(request.target),
            rows=config.transfer.rows_for(request.target),
            seed=request.seed,
        )
    return Cell(config, transfer, scores(config, transfer))


def scores(config: Config, transfer: Transfer) -> tuple[Score, ...]:
    """The clean score of a transfer and one score per attack of the config."""
    target, evaluation = task_of(config, transfer.target), config.evaluation
    languages = _languages(target, evaluation.languages, config.data.language)
    data = _data(target, config, "test", languages)
    clean = Score(transfer, data, languages, config.limits, rows=evaluation.rows)
    found = [clean]
    for name in evaluation.attacks:
        attack = ATTACKS.get(name)
        search = attack.family == "search"
        found.append(
            dataclasses.replace(
                clean,
                clean=clean,
                attack=name,
                attack_version=attack.version,
                rows=_fewest(evaluation.rows, evaluation.search_rows) if search else evaluation.rows,
                severity=evaluation.severity if attack.graded else 0.0,
                budget=evaluation.budget if search else 0,
            )
        )
    return tuple(found)


def _ingredient(config: Config, name: str, zoo: Zoo | None) -> Ingredient:
    step = adapter_step(config, name)
    entry = zoo.made_by(step.key) if zoo else None
    return Shelved(name, entry.digest) if entry else step


def _check_tasks(composition: Composition, tasks: Sequence[str]) -> None:
    for name in tasks:
        TASKS.get(name)
    twice = sorted({name for name in tasks if list(tasks).count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} named twice", where="--tasks", do="Name each task once.")
    if len(tasks) < composition.least or (composition.most is not None and len(tasks) > composition.most):
        do = "`adaptstilts list compositions` says what each one takes."
        raise InputError(
            f"{composition.name!r} takes {composition.takes} task(s), not {len(tasks)}", where="--tasks", do=do
        )


def _languages(target: Task, wanted: Sequence[str], source: str) -> tuple[str, ...]:
    """The languages to score, the source language first."""
    for language in wanted:
        if language not in target.languages:
            raise UnknownName(f"language of {target.name}", language, target.languages, where="--langs")
    chosen = [language for language in target.languages if not wanted or language in wanted]
    return tuple(sorted(chosen, key=lambda code: (code != source, chosen.index(code))))


def _data(task: Task, config: Config, split: str, languages: tuple[str, ...]) -> str:
    return ids.canonical(data_identity(task, where_of(config), split, languages))


def _backbone(config: Config) -> str:
    return ids.canonical(backbone_identity(config.backbone))


def _fewest(*bounds: int | None) -> int | None:
    known = [bound for bound in bounds if bound is not None]
    return min(known) if known else None


def pending(steps: Sequence[Step], store: Store) -> list[Step]:
    """What is left to do, in order: the unfinished among `steps` and, for those, every unfinished step they build on."""
    left: dict[str, Step] = {}

    def visit(step: Step) -> None:
        for need in step.needs:
            visit(need)
        if not store.done(step.key):
            left[step.key] = step

    for step in steps:
        if not store.done(step.key):
            visit(step)
    return list(left.values())
