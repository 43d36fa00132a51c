"""What every source of rows can say and give, and what a task is there; the pocket lab, the Hub and folders are sources."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from adaptstilts.data.split import Wrong
from adaptstilts.errors import InputError
from adaptstilts.rows import Row
from adaptstilts.tasks import Source, Task

SPLITS = ("train", "dev", "test")


class DataSource(Protocol):
    """Where rows come from; `str` of it is how a config spells it. Defaults are those of published data.

    `lengths` names the column of `sizes.json` in which the lengths of its examples stand. `generated` rows are the same
    for ever, written in letters that every version of Unicode knows, and come in random order: the first are a fair draw.
    """

    lengths: str = "tokens"
    generated: bool = False

    def rows(self, task: Task, split: str, language: str, limit: int | None, seed: int, wrong: Wrong) -> Iterator[Row]:
        """Checked rows of a task that has its labels as they are here, as they are asked for; see `load`.

        A bad one goes to `wrong`. DataMissing if there is nothing to read.
        """
        ...

    def by_line(self, task: Task, split: str, language: str) -> bool:
        """Whether rows of a parallel task are paired with their translations by their place in the files, for want of ids."""
        return False

    def holds(self, task: Task, split: str, language: str) -> bool:
        """Whether there are rows, as far as that can be known without reading any."""
        ...

    def origin(self, task: Task, split: str, language: str) -> dict[str, Any]:
        """What decides the rows of one split and language, as JSON; DataMissing if there are none."""
        ...

    def identity(self, task: Task, used: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """What decides the rows of several (language, split), as JSON; DataMissing if one has none."""
        ...

    def languages(self, task: Task) -> tuple[str, ...]:
        """The languages that a task can be scored in here."""
        return task.languages

    def labels(self, task: Task) -> tuple[str, ...]:
        """A task's labels as they are encoded here."""
        return task.labels

    def options(self, task: Task) -> Mapping[str, Any]:
        """The settings of a task's kind here."""
        return task.options

    def absent(self, task: Task) -> tuple[str, ...]:
        """Languages of a task that have no rows to score though they might have been put here."""
        return ()

    def declares(self, task: Task, split: str) -> bool:
        """Whether a task is meant to have such a split here."""
        return bool(declared(task, split)) or task.local

    def refusal(self, task: Task) -> str:
        """Why there can be no rows of a task here; empty where there may be."""
        return ""

    def check_language(self, task: Task, language: str) -> None:
        """UnknownName for a language to train in that can have no rows here."""
        return

    def size(self, task: Task, split: str) -> int | None:
        """How many rows a split has (a language, for tests); None where only reading them would tell."""
        return None

    def text_identity(self) -> dict[str, Any]:
        """What decides `sentences`, as JSON; InputError where there are none."""
        do = "Name a file with one sentence a line, in as many languages as wanted: --set data.text=FILE."
        raise InputError("masked-language modelling needs running text", where="data.text", do=do)

    def sentences(self) -> list[str]:
        """Running text in all languages; raises as `text_identity`."""
        self.text_identity()
        return []

    def lexicon(self, language: str) -> Mapping[str, tuple[str, ...]]:
        """Translations by casefolded word, into English or, for English, from it into all; empty without any."""
        return {}


def facts_for(task: Task, source: DataSource) -> Task:
    """The task as it is there, its languages, labels and options, so that all other code just asks the task.

    An intermediate task keeps its languages.
    """
    languages = task.languages if task.role == "intermediate" else source.languages(task)
    return dataclasses.replace(task, languages=languages, labels=source.labels(task), options=source.options(task))


def declared(task: Task, split: str) -> tuple[Source, ...]:
    """The data sets that hold a split of a task."""
    return {"train": task.train, "dev": task.dev, "test": task.test}[split]
