"""Pins: the commits that branches of Hub repositories meant on one day, kept in a lock file that all loading obeys."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from adaptstilts.bounds import read_json
from adaptstilts.data.hub.snapshot import Kind, ask, is_hash
from adaptstilts.errors import DataMissing, InputError
from adaptstilts.files import write_whole
from adaptstilts.listeners import Speaker
from adaptstilts.tasks import Task

log = Speaker(__name__)

SCHEMA = 1
NAME = "adaptstilts.lock.json"
VARIABLE = "ADAPTSTILTS_LOCK"
_AGAIN = "Write it anew with `adaptstilts pin`."


@dataclass(frozen=True, order=True)
class Pin:
    """What `revision` of a repository is to mean; `commit` is empty as long as that is not known."""

    kind: Kind
    id: str
    revision: str
    commit: str = ""


def pinned(kind: Kind, id: str, revision: str) -> str:
    """The commit that the lock file gives for a revision; the revision itself if it is a hash or has no pin.

    Raises InputError for a lock file that is named and not there, or that does not read.
    """
    return revision if is_hash(revision) else _pins().get(Pin(kind, id, revision), revision)


def lock_file() -> Path:
    """The file that the environment names, or the default one in the current directory."""
    return Path(os.environ.get(VARIABLE) or NAME)


def sources_of(tasks: Iterable[Task], *, hashes: bool = False) -> list[Pin]:
    """The data sets of tasks at revisions that may move, each once; with `hashes`, those at a commit's hash too."""
    sources = {s for task in tasks for s in (*task.train, *task.dev, *task.test)}
    return sorted({Pin("dataset", s.id, s.revision) for s in sources if hashes or not is_hash(s.revision)})


def read_lock(path: Path) -> dict[Pin, str]:
    """Pins without their commits -> commits; InputError for a file that is no lock file."""
    try:
        content = read_json(path)
    except (ValueError, OSError) as error:
        raise InputError(f"the lock file does not read: {error}", where=str(path), do=_AGAIN) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise InputError(f"this is no lock file of schema {SCHEMA}", where=str(path), do=_AGAIN)
    try:
        return dict(_entries(content, path))
    except AttributeError as error:
        raise InputError("the lock file is not laid out as one", where=str(path), do=_AGAIN) from error


def resolve(wanted: Iterable[Pin]) -> tuple[list[Pin], list[DataMissing]]:
    """Pins with the commits that their revisions mean now, and an error for each repository or revision that is gone.

    Raises EnvironmentProblem if the Hub does not answer, or refuses.
    """
    found, gone = [], []
    for pin in wanted:
        log.info(f"{pin.id}@{pin.revision}")
        try:
            found.append(replace(pin, commit=ask(pin.kind, pin.id, pin.revision).commit))
        except DataMissing as error:
            gone.append(error)
    return found, gone


def write_lock(path: Path, found: Iterable[Pin]) -> dict[Pin, str]:
    """Add pins to the lock file, keeping those of other repositories and revisions; what it holds then."""
    kept = read_lock(path) if path.exists() else {}
    kept |= {Pin(pin.kind, pin.id, pin.revision): pin.commit for pin in found}
    content: dict[str, Any] = {"schema": SCHEMA}
    for pin, commit in kept.items():
        content.setdefault(pin.kind, {}).setdefault(pin.id, {})[pin.revision] = commit
    write_whole(path, json.dumps(content, indent=1, sort_keys=True) + "\n")
    return kept


def _pins() -> Mapping[Pin, str]:
    path = lock_file()
    try:
        stat = path.stat()
    except OSError as error:
        if os.environ.get(VARIABLE):
            do = f"It is named by {VARIABLE}. {_AGAIN}"
            raise InputError("there is no such lock file", where=str(path), do=do) from error
        return {}
    return _read(path.resolve(), stat.st_ino, stat.st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, _file: int, _changed: int) -> Mapping[Pin, str]:
    return read_lock(path)


def _entries(content: Mapping[str, Any], path: Path) -> Iterable[tuple[Pin, str]]:
    for kind in ("dataset", "model"):
        for id, revisions in content.get(kind, {}).items():
            for revision, commit in revisions.items():
                if not (isinstance(commit, str) and is_hash(commit)):
                    what = f"{kind} {id}@{revision} has {commit!r} in place of a commit's hash"
                    raise InputError(what, where=str(path), do=_AGAIN)
                yield Pin(kind, id, revision), commit
