"""Adapters of the zoo that a plan does not take by itself, for they were made otherwise, and that may be named in a task's place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from adaptstilts.config.load import Config
from adaptstilts.errors import DataMissing
from adaptstilts.steps.spec import spec
from adaptstilts.steps.step import Step, TrainAdapter
from adaptstilts.zoo.index import Entry
from adaptstilts.zoo.zoo import Zoo, Zoos

WORDS = {
    "data": "other rows", "rows": "another number of rows", "dev": "", "recipe": "another recipe", "shape": "another shape",
    "language": "another language", "seed": "another seed", "limits": "other limits of length", "task_version": "another version",
    "standin": "a stand-in's rows", "backbone": "other weights of the encoder",
}  # fmt: skip
"""What an adapter was made with that differs in this field of its step; empty: it comes with another."""


def offers(config: Config, task: str, zoo: Zoo | Zoos | None) -> list[Entry]:
    """The zoo's adapters of a task for the config's encoder, as its name tells; those that have learnt it first."""
    names = {config.backbone.name, Path(config.backbone.name).name}
    found = [entry for entry in zoo or () if entry.task == task and entry.backbone in names]
    pretrained = config.backbone.init == "pretrained"
    return sorted(found, key=lambda entry: entry.taught is False) if pretrained else []


def offering(error: DataMissing, config: Config, task: str, zoo: Zoo | Zoos | None) -> DataMissing:
    """The error about a task without training rows, with the adapters of it that may be named in its place."""
    found = [entry.name for entry in offers(config, task, zoo)]
    if not found:
        return error
    do = f"The zoo has an adapter of {task} for this encoder: name {' or '.join(found)} in place of {task} to take it as it is."
    return DataMissing(error.what, where=error.where, do=f"{do}\n  {error.do}" if error.do else do)


def passed_over(steps: Iterable[Step], config: Config, zoo: Zoo | Zoos) -> Iterator[str]:
    """Of each step that trains an adapter though the zoo has one of its task: why that one is not it, and how to take it.

    Nothing of controls, whose adapters are meant to be other ones: of another seed, or wider than the config's.
    """
    for step in steps:
        if not isinstance(step, TrainAdapter) or step.seed or step.shape != config.adapter:
            continue
        if found := offers(config, step.task, zoo):
            name = found[0].name
            why = f"{name} of the zoo was made with {_why(step, found[0])}"
            yield f"{step.title} is trained here: {why}; name {name} in its place to take it as it is"


def _why(step: Step, entry: Entry) -> str:
    """What the adapter was made with otherwise; one that was pulled says it as it was published."""
    mine, theirs = spec(step), entry.recipe.get("published", entry.recipe)
    if not isinstance(theirs, Mapping) or not theirs:
        return "settings that nothing tells of"
    fields = [name for name in (*mine, *theirs) if mine.get(name) != theirs.get(name)]
    words = [WORDS[name] for name in dict.fromkeys(fields) if WORDS.get(name)]
    return ", ".join(words) or "other settings"
