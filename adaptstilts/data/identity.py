"""What decides a task's rows, as JSON for step keys and records: a version, revisions, or the digest of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adaptstilts.data.sources import DataSource
from adaptstilts.tasks import Task


def identity(task: Task, source: DataSource, split: str, languages: Sequence[str]) -> dict[str, Any]:
    """Equal for equal rows of `split` in `languages`, as far as that can be known without reading rows.

    The pocket lab's version; the Hub's ids and revisions; or a digest over the names and bytes of a folder's files,
    wherever it lies. Raises DataMissing for a language without rows.
    """
    return source.identity(task, [(code, split_for(task, split, code, source)) for code in languages])


def split_for(task: Task, split: str, language: str, source: DataSource) -> str:
    """The split that is really read: dev in place of a test set that is not there, never the other way round."""
    absent = split == "test" and not source.holds(task, "test", language)
    return "dev" if absent and source.holds(task, "dev", language) else split
