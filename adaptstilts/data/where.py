"""Where rows come from, and what a task's facts are there: its languages, and labels where the data decides them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from adaptstilts.data.files.folder import languages_in, own_labels, sources_for
from adaptstilts.errors import DataMissing
from adaptstilts.kinds import kind_of
from adaptstilts.tasks import Source, Task


@dataclass(frozen=True)
class Where:
    """The pocket lab, the Hugging Face Hub, or a folder in the Hub's layout."""

    place: Literal["pocket", "hub", "folder"]
    path: Path | None = None

    @classmethod
    def of(cls, text: str) -> Where:
        """`pocket`, `hub`, or the path of a folder; DataMissing if there is no such folder."""
        if text == "pocket":
            return cls("pocket")
        if text == "hub":
            return cls("hub")
        path = Path(text).expanduser()
        if not path.is_dir():
            raise DataMissing(
                "there is no such folder", where=text, do="Name `pocket`, `hub`, or a folder of data sets."
            )
        return cls("folder", path)

    @property
    def folder(self) -> Path:
        """The folder of a `folder`; DataMissing elsewhere."""
        if self.path is None:
            raise DataMissing(f"{self.place} is not a folder")
        return self.path

    def __str__(self) -> str:
        return self.place if self.path is None else str(self.path)


def facts_for(task: Task, where: Where) -> Task:
    """The task as it is there, so that all other code just asks the task.

    In the pocket lab, a target's languages are the lab's and labels are the twin's where it has any. In a folder,
    a target's languages are those that have rows to score (all declared ones if none has, so that loading says what is
    missing), and a task of the user's own files takes its labels from them.
    """
    return dataclasses.replace(task, languages=languages_for(task, where), labels=labels_for(task, where))


def languages_for(task: Task, where: Where) -> tuple[str, ...]:
    """The languages the task can be scored in there; an intermediate task keeps its own."""
    if task.role == "intermediate" or where.place == "hub":
        return task.languages
    if where.place == "pocket":
        from adaptstilts import pocket

        return tuple(pocket.LANGUAGES)
    return languages_in(task, where.folder) or task.languages


def labels_for(task: Task, where: Where) -> tuple[str, ...]:
    """The labels as they are encoded there."""
    if where.place == "pocket":
        from adaptstilts import pocket

        return pocket.labels(twin(task)) or task.labels
    if task.obtain and not task.labels and where.place == "folder":
        return own_labels(task, where.folder)
    return task.labels


def has_twin(task: Task) -> bool:
    """Whether the pocket lab generates rows for the task."""
    from adaptstilts import pocket

    return twin(task) in pocket.TWINS


def twin(task: Task) -> str:
    """The name of the task's pocket generator."""
    return task.twin or task.name


def missing(task: Task, split: str, language: str, where: Where) -> DataMissing:
    """The error for a split and language without rows, with what to do about it."""
    declared: dict[str, tuple[Source, ...]] = {"train": task.train, "dev": task.dev, "test": task.test}
    sources = declared[split]
    what, advice = f"{task.name} has no {split} rows in {language!r}", task.obtain
    if not sources and not task.obtain:
        what, advice = f"{task.name} has no {split} set", task.notes
    elif not any((s.language or language) == language for s in sources) and not task.obtain:
        published = ", ".join(sorted({s.language for s in sources}))
        advice = f"They are published in {published} only. {_own_file(task, split, language)}"
    elif language not in task.languages and not any(s.language == language for s in sources) and not task.obtain:
        advice = f"Its languages are {', '.join(task.languages)}. {_own_file(task, split, language)}"
    elif not task.obtain:
        used = sources_for(task, split, language)
        needed = ", ".join(sorted({s.id for s in used or sources}))
        advice = f"Put {needed} there as on the Hub, or a file of your own as {task.name}/{language}/{split}.jsonl."
    return DataMissing(what, where=str(where), do=advice)


def _own_file(task: Task, split: str, language: str) -> str:
    """How rows in a language come in that nobody published, machine translations for instance."""
    columns = ", ".join(kind_of(task.kind).columns)
    return (
        f"For {language!r} put rows of your own, translated ones for instance, below a --data folder as"
        f" {task.name}/{language}/{split}.jsonl with the columns {columns}."
    )
