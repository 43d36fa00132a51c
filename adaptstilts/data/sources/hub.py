"""The Hugging Face Hub as a source: the data sets that a task names, at pinned commits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adaptstilts.data.files.folder import sources_for
from adaptstilts.data.hub.rows import read_hub, spelt
from adaptstilts.data.labels import checked
from adaptstilts.data.sources.missing import missing
from adaptstilts.data.sources.source import DataSource
from adaptstilts.data.split import OpenSplit, Wrong
from adaptstilts.rows import Row
from adaptstilts.tasks import Task


@dataclass(frozen=True)
class HubSource(DataSource):
    """Published rows; which ones is known without the network, for a source names its revision."""

    def __str__(self) -> str:
        return "hub"

    def rows(self, task: Task, split: str, language: str, limit: int | None, seed: int, wrong: Wrong) -> Iterator[Row]:
        yield from self._open(task, split, language).rows(limit, seed, wrong)

    def by_line(self, task: Task, split: str, language: str) -> bool:
        return task.parallel and self._open(task, split, language).by_line

    def _open(self, task: Task, split: str, language: str) -> OpenSplit:
        expected = tuple(task.columns.values())
        sources = sources_for(task, split, language)
        found = tuple(checked(read_hub(source, expected), task, spelt(source)) for source in sources)
        if not found:
            raise missing(task, split, language, self)
        return OpenSplit(task, split, language, found)

    def holds(self, task: Task, split: str, language: str) -> bool:
        return bool(sources_for(task, split, language))

    def origin(self, task: Task, split: str, language: str) -> dict[str, Any]:
        sources = [[s.id, s.config, s.split, s.revision] for s in sources_for(task, split, language)]
        if not sources:
            raise missing(task, split, language, self)
        return {"hub": sources}

    def identity(self, task: Task, used: Sequence[tuple[str, str]]) -> dict[str, Any]:
        found = {tuple(source) for language, split in used for source in self.origin(task, split, language)["hub"]}
        return {"hub": [list(source) for source in sorted(found)]}
