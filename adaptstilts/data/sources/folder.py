"""A folder as a source: a user's own files, and data sets in the Hub's layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any

from adaptstilts import ids
from adaptstilts.data.files.folder import (
    LABELS,
    Shards,
    languages_in,
    own_files,
    own_labels,
    readme_names,
    shards_of,
    tags_in,
)
from adaptstilts.data.files.parted import of_split
from adaptstilts.data.files.records import Records, of_list, read_files
from adaptstilts.data.labels import checked
from adaptstilts.data.sources.missing import missing
from adaptstilts.data.sources.source import DataSource
from adaptstilts.data.split import OpenSplit, Wrong
from adaptstilts.errors import InputError
from adaptstilts.kinds import kind_of
from adaptstilts.rows import Row
from adaptstilts.tasks import Task


@dataclass(frozen=True)
class FolderSource(DataSource):
    """Rows of files below `path`; what decides them are the files' bytes, wherever they lie."""

    path: Path
    _sizes: dict[tuple[str, str, str], int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __str__(self) -> str:
        return str(self.path)

    def size(self, task: Task, split: str) -> int | None:
        """Of a user's own files, which are read once: the mean over the languages that have some. None without any, and for broken ones."""
        try:
            counts = [count for code in task.languages if (count := self._size(task, split, code))]
        except InputError:
            return None
        return round(fmean(counts)) if counts else None

    def _size(self, task: Task, split: str, language: str) -> int:
        """How many of its own rows are scored, or trained on, in a language: dev rows where there are no test rows."""
        asked = (task.name, split, language)
        if asked not in self._sizes:
            files = own_files(task, split, language, self.path)
            count = self._read(Shards(files), task, split, language).size if files else 0
            self._sizes[asked] = count or (self._size(task, "dev", language) if split == "test" else 0)
        return self._sizes[asked]

    def rows(self, task: Task, split: str, language: str, limit: int | None, seed: int, wrong: Wrong) -> Iterator[Row]:
        yield from self._open(task, split, language).rows(limit, seed, wrong)

    def by_line(self, task: Task, split: str, language: str) -> bool:
        return task.parallel and self._open(task, split, language).by_line

    def _open(self, task: Task, split: str, language: str) -> OpenSplit:
        found = tuple(self._read(each, task, split, language) for each in shards_of(task, split, language, self.path))
        if not found:
            raise missing(task, split, language, self)
        return OpenSplit(task, split, language, found)

    def holds(self, task: Task, split: str, language: str) -> bool:
        return bool(shards_of(task, split, language, self.path))

    def origin(self, task: Task, split: str, language: str) -> dict[str, Any]:
        files = [file for shards in shards_of(task, split, language, self.path) for file in shards.files]
        if not files:
            raise missing(task, split, language, self)
        listings = [file.parent / LABELS for file in files if task.local and (file.parent / LABELS).is_file()]
        digests = [_digest(file, *_stamp(file)) for file in (*files, *listings)]
        return {"folder": ids.digest([*digests, *(() if listings else self._labels_elsewhere(task, files))])}

    def identity(self, task: Task, used: Sequence[tuple[str, str]]) -> dict[str, Any]:
        return {
            "folder": ids.digest([[self.origin(task, split, language)["folder"], split] for language, split in used])
        }

    def languages(self, task: Task) -> tuple[str, ...]:
        """Those with rows to score; all declared ones if none has, so that loading says what is missing."""
        return languages_in(task, self.path) or task.languages

    def labels(self, task: Task) -> tuple[str, ...]:
        """A task of the user's own files takes its labels from them."""
        return own_labels(task, self.path) if task.local and not task.labels else task.labels

    def absent(self, task: Task) -> tuple[str, ...]:
        if task.role == "intermediate":
            return ()
        here = self.languages(task)
        return tuple(code for code in task.languages if code not in here)

    def declares(self, task: Task, split: str) -> bool:
        """Of a local task dev and test rows do for one another; only where there are none of both are test rows missing."""
        if not task.local or task.obtain or split == "train":
            return super().declares(task, split)
        held = {
            each: any(own_files(task, each, code, self.path) for code in task.languages) for each in ("dev", "test")
        }
        return held[split] or (split == "test" and not held["dev"])

    def _read(self, shards: Shards, task: Task, split: str, language: str) -> Records:
        own, where = shards.source is None, str(shards.files[0])
        if own and task.read is not None:
            found = of_list([record for file in shards.files for record in task.read(file, language)])
        else:
            found = read_files(shards.files, (*kind_of(task.kind).columns, *task.columns.values()), own=own)
        if own and task.split_by:
            found = of_split(found, task.split_by, split, where)
        if shards.source is not None:
            found = replace(found, names={**readme_names(self.path, shards.source), **found.names})
        return checked(found, task, where)

    def _labels_elsewhere(self, task: Task, files: Sequence[Path]) -> list[str]:
        """Labels of a user's own data that none of these files has: they make the head wider."""
        labels = () if task.labels else self.labels(task)
        return sorted(set(labels) - tags_in(files)) if labels else []


def _stamp(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=4096)
def _digest(file: Path, _size: int, _changed: int) -> str:
    return ids.files_digest([file])
