"""What goes into a composition: which adapters, or which trained encoder, have to exist before a transfer can start."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

from adaptstilts.compositions import Composition
from adaptstilts.compositions.limits import widened
from adaptstilts.data.encoding.languages import read_in
from adaptstilts.errors import DataMissing, InputError
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.offers import offering
from adaptstilts.plan.request import Request
from adaptstilts.settings import Recipe
from adaptstilts.steps.step import HELD_OUT, Ingredient, Lesson, Shelved, TrainAdapter
from adaptstilts.tasks import Task
from adaptstilts.zoo.index import Entry
from adaptstilts.zoo.zoo import Zoo, Zoos


class Ingredients(NamedTuple):
    """The members of a composition: what was trained before, and all their names.

    There are no names where these are their tasks, unless some adapters are taken as they are.
    """

    names: tuple[str, ...]
    adapters: tuple[Ingredient, ...]


def ingredients(composition: Composition, request: Request, workshop: StepWorkshop) -> Ingredients:
    """What the composition's own file asks of the workshop, for the tasks and adapters of a request.

    Raises UnknownName, DataMissing, InputError for tasks that cannot train together, or an adapter named twice.
    """
    taken = request.taken
    if taken and composition.group != "combination":
        do = "Name tasks, of a sweep's controls as sweep.controls.task; or use fuse, stack, average, merge, parallel or single."
        what = f"{composition.name!r} trains its tasks, and {next(iter(taken))!r} is an adapter that is trained already"
        raise InputError(what, where="--tasks", do=do)
    named = [taken[name].name if name in taken else name for name in request.tasks]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} named twice", where="--tasks", do="Name each adapter once.")
    found = composition.members(workshop, tuple(named if composition.ordered else sorted(named)), request.times)
    trained = tuple(adapter for adapter in found.values() if adapter is not None)
    if any(adapter is None for adapter in tuple(found.values())[: len(trained)]):
        do = "Its `members` must give the untrained ones last."
        raise InputError(f"{composition.name!r} has an untrained member before a trained one", do=do)
    names = tuple(found)
    spelt = taken or names != tuple(adapter.task for adapter in trained)
    return Ingredients(names if spelt else (), trained)


class StepWorkshop:
    """The workshop of plans: what a composition asks for comes back as the step that makes it, or as what lies in a zoo.

    An adapter comes from `zoo` where it holds one that the very same step made; `taken` are adapters as they are.
    """

    def __init__(
        self, facts: ConfigFacts, zoo: Zoo | Zoos | None = None, taken: Mapping[str, Entry] | None = None
    ) -> None:
        self.facts, self.zoo = facts, zoo
        self.taken = {entry.name: entry for entry in (taken or {}).values()}
        self._found: dict[tuple[str, int], Ingredient] = {}

    def adapter(self, task: str, seed: int = 0) -> Ingredient:
        if task in self.taken:
            return Shelved(self.taken[task].task, self.taken[task].digest)
        if (task, seed) not in self._found:
            try:
                step = adapter_step(self.facts, task, seed)
            except DataMissing as error:
                raise offering(error, self.facts.config, task, self.zoo) from error
            self._found[task, seed] = self._shelved(step)
        return self._found[task, seed]

    def wide(self, task: str, times: int) -> Ingredient:
        step = adapter_step(self.facts, task)
        return self._shelved(dataclasses.replace(step, shape=widened(step.shape, times)))

    def together(self, tasks: tuple[str, ...]) -> TrainAdapter:
        """InputError for tasks whose training is not of one length: steps and epochs, or different epochs."""
        first, *others = sorted(tasks)
        length, config = _length(self.facts, tasks), self.facts.config
        recipe = dataclasses.replace(config.intermediate.recipe, steps=length.steps, epochs=length.epochs)
        more = tuple(_lesson(self.facts, name) for name in others)
        return dataclasses.replace(adapter_step(self.facts, first), recipe=recipe, more=more)

    def in_turn(self, tasks: tuple[str, ...]) -> TrainAdapter:
        step = adapter_step(self.facts, tasks[0])
        for name in tasks[1:]:
            step = dataclasses.replace(adapter_step(self.facts, name), start=step)
        return step

    def with_text(self, task: str) -> TrainAdapter:
        step = adapter_step(self.facts, task)
        steps = 2 * step.recipe.steps if step.recipe.steps else None  # half of them are the task's: as many as without
        recipe = dataclasses.replace(step.recipe, steps=steps, alpha=0.0)
        return dataclasses.replace(step, recipe=recipe, text=self.facts.text)

    def encoder(self, tasks: tuple[str, ...]) -> TrainAdapter:
        step = self.together(tasks)
        return dataclasses.replace(step, whole=True, recipe=self.facts.config.full.over(step.recipe))

    def _shelved(self, step: TrainAdapter) -> Ingredient:
        entry = self.zoo.made_by(step.key) if self.zoo else None
        return Shelved(step.task, entry.digest) if entry else step


def adapter_step(facts: ConfigFacts, name: str, seed: int = 0) -> TrainAdapter:
    """The step that trains one intermediate adapter; UnknownName if no such task, DataMissing if it has no training rows."""
    config, lesson = facts.config, _lesson(facts, name)
    language = config.data.intermediate_language
    return TrainAdapter(
        task=name,
        task_version=lesson.task_version,
        data=lesson.data,
        language=language,
        backbone=facts.backbone(*read_in(facts.task(name), (language,))),
        shape=config.adapter,
        recipe=config.intermediate.recipe_for(name),
        limits=config.limits,
        rows=lesson.rows,
        standin=lesson.standin,
        dev=lesson.dev,
        languages=facts.languages(language),
        seed=seed,
    )


def _lesson(facts: ConfigFacts, name: str) -> Lesson:
    task, training = facts.task(name), facts.config.intermediate
    facts.source.check_language(task, facts.config.data.intermediate_language)
    try:
        data = facts.rows(task, "train", (facts.config.data.intermediate_language,))
    except DataMissing as error:
        if not task.standin:
            raise
        do = f"{error.do} Or let {task.standin} stand in for it with --allow-standin; every number then says so."
        raise DataMissing(error.what, where=error.where, do=do) from error
    standin = task.name if task.name != name else ""
    return Lesson(name, task.version, data, training.rows_for(name), standin, _dev(facts, task, data))


def _dev(facts: ConfigFacts, task: Task, data: str) -> str:
    try:
        dev = facts.rows(task, "dev", (facts.config.data.intermediate_language,))
    except DataMissing:
        return HELD_OUT
    return "" if dev == data else dev


def _length(facts: ConfigFacts, tasks: tuple[str, ...]) -> Recipe:
    """As much training as the tasks have apart: the sum of their steps, or their epochs."""
    recipes = [facts.config.intermediate.recipe_for(name) for name in sorted(tasks)]
    steps, epochs = [r.steps for r in recipes if r.steps], [r.epochs for r in recipes if r.epochs]
    if steps and epochs:
        do = "Give all of them steps, or all of them epochs, in the config's `intermediate`."
        raise InputError("some of these tasks train for steps and others for epochs", where="--tasks", do=do)
    if len(set(epochs)) > 1:
        do = "Give them equal epochs in the config's `intermediate`, or steps."
        raise InputError(f"these tasks train for different numbers of epochs ({epochs})", where="--tasks", do=do)
    return Recipe(steps=sum(steps)) if steps else Recipe(epochs=epochs[0])
