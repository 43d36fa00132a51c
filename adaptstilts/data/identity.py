"""What decides a task's rows, as JSON for step keys and records: a version, revisions, or the digest of files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.data.files.folder import LABELS, own_labels, parts, sources_for, tags_in
from adaptstilts.data.where import Where, missing
from adaptstilts.tasks import Task

SPLITS = ("train", "dev", "test")


def identity(task: Task, where: Where, split: str, languages: Sequence[str]) -> dict[str, Any]:
    """Equal for equal rows of `split` in `languages`, as far as that can be known without reading rows.

    The pocket lab's version; the Hub's ids and revisions; or a digest over the names and bytes of a folder's files,
    wherever it lies. Raises DataMissing for a language without rows.
    """
    if where.place == "pocket":
        return origin(task, split, "", where)
    used = {language: split_for(task, split, language, where) for language in languages}
    found = [origin(task, used[language], language, where) for language in languages]
    if where.place == "hub":
        return {"hub": [list(source) for source in sorted({tuple(s) for each in found for s in each["hub"]})]}
    return {"folder": ids.digest([[each["folder"], used[code]] for code, each in zip(languages, found, strict=True)])}


def origin(task: Task, split: str, language: str, where: Where) -> dict[str, Any]:
    """The identity of one split and language; DataMissing if it has no rows."""
    if where.place == "pocket":
        from adaptstilts import pocket

        return {"pocket": pocket.VERSION}
    if where.place == "hub":
        sources = [[s.id, s.config, s.split, s.revision] for s in sources_for(task, split, language)]
        if not sources:
            raise missing(task, split, language, where)
        return {"hub": sources}
    files = [file for part in parts(task, split, language, where.folder) for file in part.files]
    if not files:
        raise missing(task, split, language, where)
    listings = [file.parent / LABELS for file in files if task.obtain and (file.parent / LABELS).is_file()]
    digests = [_digest(file, *_stamp(file)) for file in (*files, *listings)]
    return {"folder": ids.digest([*digests, *(() if listings else _labels_elsewhere(task, files, where.folder))])}


def _labels_elsewhere(task: Task, files: Sequence[Path], root: Path) -> list[str]:
    """Labels of a user's own data that none of these files has: they make the head wider."""
    labels = own_labels(task, root) if task.obtain and not task.labels else ()
    return sorted(set(labels) - tags_in(files)) if labels else []


def split_for(task: Task, split: str, language: str, where: Where) -> str:
    """The split that is really read: dev in place of a test set that is not there, never the other way round."""
    if split != "test" or where.place == "pocket":
        return split
    if where.place == "hub":
        has_test, has_dev = (bool(sources_for(task, name, language)) for name in ("test", "dev"))
    else:
        has_test, has_dev = (bool(parts(task, name, language, where.folder)) for name in ("test", "dev"))
    return "dev" if has_dev and not has_test else "test"


def _stamp(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=4096)
def _digest(file: Path, _size: int, _changed: int) -> str:
    return ids.files_digest([file])
