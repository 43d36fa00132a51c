"""What goes into a composition: which adapters, or which trained encoder, have to exist before a transfer can start."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.compositions.limits import widened
from adaptstilts.errors import DataMissing, InputError
from adaptstilts.plan.facts import backbone_of, data_of, languages_of, task_of, text_of
from adaptstilts.settings import Recipe
from adaptstilts.steps.step import HELD_OUT, Ingredient, Lesson, Shelved, TrainAdapter
from adaptstilts.tasks import Task
from adaptstilts.zoo.named import taken_from

if TYPE_CHECKING:
    from adaptstilts.compositions import Composition
    from adaptstilts.config.load import Config
    from adaptstilts.plan.request import Request
    from adaptstilts.zoo.zoo import Entry, Zoo, Zoos


class Members(NamedTuple):
    """The adapters of a composition by name, and the steps behind those that were trained before."""

    names: tuple[str, ...]
    ingredients: tuple[Ingredient, ...]


def members(config: Config, composition: Composition, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """The members that a request asks for; adapters come from `zoo` where it holds one made by the very same step.

    Raises UnknownName, DataMissing, InputError for a number of copies that cannot be, or an adapter that does not fit.
    """
    own = None if request.retrain else zoo
    taken = taken_from(config, request.tasks, zoo)
    if not taken:
        return _MAKERS[composition.ingredients](config, request, own)
    if composition.ingredients != "apart":
        do = "Name tasks, or use fuse, stack, average, merge, parallel or single."
        what = f"{composition.name!r} trains its tasks, and {next(iter(taken))!r} is an adapter that is trained already"
        raise InputError(what, where="--tasks", do=do)
    return _with_taken(config, composition, request, own, taken)


def adapter_step(config: Config, name: str, seed: int = 0) -> TrainAdapter:
    """The step that trains one intermediate adapter; UnknownName if no such task, DataMissing if it has no training rows."""
    lesson = _lesson(config, name)
    return TrainAdapter(
        task=name,
        task_version=lesson.task_version,
        data=lesson.data,
        language=config.data.intermediate_language,
        backbone=backbone_of(config),
        shape=config.adapter,
        recipe=config.intermediate.recipe_for(name),
        limits=config.limits,
        rows=lesson.rows,
        standin=lesson.standin,
        dev=lesson.dev,
        languages=languages_of(config, config.data.intermediate_language),
        seed=seed,
    )


def _lesson(config: Config, name: str) -> Lesson:
    task = task_of(config, name)
    try:
        data = data_of(task, config, "train", (config.data.intermediate_language,))
    except DataMissing as error:
        if not task.standin:
            raise
        do = f"{error.do} Or let {task.standin} stand in for it with --allow-standin; every number then says so."
        raise DataMissing(error.what, where=error.where, do=do) from error
    standin = task.name if task.name != name else ""
    return Lesson(name, task.version, data, config.intermediate.rows_for(name), standin, _dev(config, task, data))


def _dev(config: Config, task: Task, data: str) -> str:
    try:
        dev = data_of(task, config, "dev", (config.data.intermediate_language,))
    except DataMissing:
        return HELD_OUT
    return "" if dev == data else dev


def _apart(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """An adapter for each task."""
    names = request.tasks if COMPOSITIONS.get(request.composition).ordered else tuple(sorted(request.tasks))
    return Members((), tuple(_from_zoo(adapter_step(config, name), zoo) for name in names))


def _with_taken(
    config: Config, composition: Composition, request: Request, zoo: Zoo | Zoos | None, taken: Mapping[str, Entry]
) -> Members:
    """Adapters as they are beside those of tasks, each under a name of its own."""
    found: list[tuple[str, Ingredient]] = []
    for name in request.tasks:
        entry = taken.get(name)
        if entry:
            found.append((entry.name, Shelved(entry.task, entry.digest)))
        else:
            found.append((name, _from_zoo(adapter_step(config, name), zoo)))
    names = [name for name, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} named twice", where="--tasks", do="Name each adapter once.")
    if not composition.ordered:
        found.sort(key=lambda pair: pair[0])
    return Members(tuple(name for name, _ in found), tuple(ingredient for _, ingredient in found))


def _random(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """Adapters that nothing has trained, as many as asked for."""
    return Members(tuple(f"random-{number}" for number in range(1, request.times + 1)), ())


def _copies(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """One task's adapter trained with as many seeds as asked for."""
    (name,) = request.tasks
    steps = [adapter_step(config, name, seed) for seed in range(request.times)]
    names = tuple(f"{name}-{number}" for number in range(1, request.times + 1))
    return Members(names, tuple(_from_zoo(step, zoo) for step in steps))


def _wide(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """One task's adapter, as many times as wide as asked for."""
    (name,) = request.tasks
    step = adapter_step(config, name)
    return Members((), (_from_zoo(dataclasses.replace(step, shape=widened(step.shape, request.times)), zoo),))


def _together(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """One adapter trained on all tasks at once."""
    return Members(("multitask",), (_joint(config, request.tasks),))


def _whole(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """The whole encoder trained on the tasks, on several of them at once; nothing for none."""
    if not request.tasks:
        return Members((), ())
    step = dataclasses.replace(_joint(config, request.tasks), whole=True)
    return Members((), (dataclasses.replace(step, recipe=config.full.over(step.recipe)),))


def _in_turn(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """One adapter trained on the tasks one after another."""
    step = adapter_step(config, request.tasks[0])
    for name in request.tasks[1:]:
        step = dataclasses.replace(adapter_step(config, name), start=step)
    return Members(("sequential",), (step,))


def _with_text(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Members:
    """One task's adapter with masked-language modelling on the user's text in between."""
    (name,) = request.tasks
    step = adapter_step(config, name)
    steps = 2 * step.recipe.steps if step.recipe.steps else None  # half of them are the task's: as many as without text
    recipe = dataclasses.replace(step.recipe, steps=steps, alpha=0.0)
    return Members((), (dataclasses.replace(step, recipe=recipe, text=text_of(config)),))


def _joint(config: Config, tasks: tuple[str, ...]) -> TrainAdapter:
    """Several tasks in one step, with as much training as they have apart."""
    tasks = tuple(sorted(tasks))
    first = adapter_step(config, tasks[0])
    recipes = [config.intermediate.recipe_for(name) for name in tasks]
    steps, epochs = [r.steps for r in recipes if r.steps], [r.epochs for r in recipes if r.epochs]
    if steps and epochs:
        do = "Give all of them steps, or all of them epochs, in the config's `intermediate`."
        raise InputError("some of these tasks train for steps and others for epochs", where="--tasks", do=do)
    if len(set(epochs)) > 1:
        do = "Give them equal epochs in the config's `intermediate`, or steps."
        raise InputError(f"these tasks train for different numbers of epochs ({epochs})", where="--tasks", do=do)
    length = Recipe(steps=sum(steps)) if steps else Recipe(epochs=epochs[0])
    recipe = dataclasses.replace(config.intermediate.recipe, steps=length.steps, epochs=length.epochs)
    return dataclasses.replace(first, recipe=recipe, more=tuple(_lesson(config, name) for name in tasks[1:]))


def _from_zoo(step: TrainAdapter, zoo: Zoo | Zoos | None) -> Ingredient:
    entry = zoo.made_by(step.key) if zoo else None
    return Shelved(step.task, entry.digest) if entry else step


_MAKERS: Mapping[str, Callable[[Config, Request, Zoo | Zoos | None], Members]] = {
    "apart": _apart,
    "random": _random,
    "copies": _copies,
    "wide": _wide,
    "together": _together,
    "in turn": _in_turn,
    "with text": _with_text,
    "whole": _whole,
}
