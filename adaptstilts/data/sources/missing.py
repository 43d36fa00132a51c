"""What is said where a task has no rows, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptstilts.data.files.folder import sources_for
from adaptstilts.data.sources.source import declared
from adaptstilts.errors import DataMissing
from adaptstilts.kinds import kind_of
from adaptstilts.tasks import Task

if TYPE_CHECKING:
    from adaptstilts.data.sources.source import DataSource


def missing(task: Task, split: str, language: str, where: DataSource) -> DataMissing:
    """The error for a split and language without rows, with what to do about it."""
    sources = declared(task, split)
    what = f"{task.name} has no {split} rows in {language!r}"
    if task.local:
        advice = task.obtain or own_rows(task, split, language)
    elif not sources:
        what, advice = f"{task.name} has no {split} set", task.notes
    elif not any((s.language or language) == language for s in sources):
        published = ", ".join(sorted({s.language for s in sources}))
        advice = f"They are published in {published} only. {_own_file(task, split, language)}"
    elif language not in task.languages and not any(s.language == language for s in sources):
        advice = f"Its languages are {', '.join(task.languages)}. {_own_file(task, split, language)}"
    else:
        used = sources_for(task, split, language)
        needed = ", ".join(sorted({s.id for s in used or sources}))
        advice = f"Put {needed} there as on the Hub, or a file of your own as {task.name}/{language}/{split}.jsonl."
    return DataMissing(what, where=str(where), do=advice)


def own_rows(task: Task, split: str, language: str) -> str:
    """Where rows of a user's own go, and what is in them."""
    names = ", ".join(task.columns.get(name, name) for name in kind_of(task.kind).columns)
    told = task.files.get(split, ())
    named = [told] if isinstance(told, str) else list(told)
    places = [pattern.replace("{language}", task.spellings.get(language, language)) for pattern in named]
    where = " or ".join([*places, f"{task.name}/{language}/{split}.jsonl"])
    return (
        f"Its rows are files of your own: {where} (or .csv, .tsv, .parquet) below the folder that --data names, "
        f"with the columns {names}."
    )


def _own_file(task: Task, split: str, language: str) -> str:
    """How rows in a language come in that nobody published, machine translations for instance."""
    columns = ", ".join(kind_of(task.kind).columns)
    return (
        f"For {language!r} put rows of your own, translated ones for instance, below a --data folder as"
        f" {task.name}/{language}/{split}.jsonl with the columns {columns}."
    )
