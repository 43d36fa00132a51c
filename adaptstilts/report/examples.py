"""Rows of a task as its data has them, beside what a model is given of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from adaptstilts.attacks.model_input import given_to_model
from adaptstilts.data.load import load
from adaptstilts.errors import AdaptstiltsError
from adaptstilts.kinds import kind_of
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.rows import Row

if TYPE_CHECKING:
    from adaptstilts.config.load import Config
    from adaptstilts.tasks import Task


@dataclass(frozen=True)
class Example:
    """A row field by field, the texts of its inputs with special tokens, and how many tokens did not fit into them."""

    language: str
    fields: dict[str, str]
    inputs: tuple[str, ...] = ()
    cut: int = 0


@dataclass(frozen=True)
class Examples:
    """Rows in language order; `problems` says what could not be shown, each reason once with its languages."""

    rows: tuple[Example, ...]
    problems: tuple[str, ...]


def examples(task: Task, config: Config, count: int, seed: int) -> Examples:
    """The first rows of each of the task's languages, as the config's backbone is given them.

    An intermediate task shows training rows in its source language, any other those it is scored on. Of rows that make a
    pool, those are shown that ask something. Without the backbone's tokenizer the rows are shown as they are, and
    `problems` says why.
    """
    learns = task.role == "intermediate"
    loaded, missing, facts = dict[str, Sequence[Row]](), dict[str, AdaptstiltsError](), ConfigFacts(config)
    for language in (source_of(task, config),) if learns else task.languages:
        try:
            rows = load(task, "train" if learns else "test", language, facts.source, count, seed).rows
            asking = (row for row in rows if kind_of(task.kind).fields(row, task))
            loaded[language] = list(islice(asking, count)) or rows[:count]
        except AdaptstiltsError as error:
            missing[language] = error
    problems = _reasons(missing)
    tokenizer = None
    if loaded:
        from adaptstilts.models.door.open import open_tokenizer

        try:
            tokenizer = open_tokenizer(config.backbone)
        except AdaptstiltsError as error:
            problems.append(f"rows are not shown as a model is given them: {error}")
    found = [line for language, rows in loaded.items() for line in _examples(rows, language, task, config, tokenizer)]
    return Examples(tuple(found), tuple(problems))


def source_of(task: Task, config: Config) -> str:
    """The language in which this config trains the task."""
    return config.data.intermediate_language if task.role == "intermediate" else config.data.language


def _reasons(missing: Mapping[str, AdaptstiltsError]) -> list[str]:
    """Why languages have no rows, and what to do about the first of each reason."""
    found: dict[str, list[str]] = {}
    for language, error in missing.items():
        found.setdefault(error.what.replace(f" in {language!r}", ""), []).append(language)
    return [
        f"no rows for {', '.join(languages)}: {what}. {missing[languages[0]].do}".rstrip()
        for what, languages in found.items()
    ]


def _examples(rows: Sequence[Row], language: str, task: Task, config: Config, tokenizer: Any) -> list[Example]:
    kind = kind_of(task.kind)
    shown = [Example(language, kind.shown(row, task)) for row in rows]
    if tokenizer is None:
        return shown
    given = given_to_model(rows, kind, task, tokenizer, config.limits)
    return [
        dataclasses.replace(line, inputs=tuple(_text(ids, tokenizer) for ids in found.ids), cut=found.cut)
        for line, found in zip(shown, given, strict=True)
    ]


def _text(ids: Sequence[int], tokenizer: Any) -> str:
    return str(tokenizer.decode(ids))
