"""Tiny data sets on a loopback Hub, laid out as their repositories publish them, with all sources that tasks declare."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adaptstilts.tasks import Source, Task
from tests.loopback.repository import Content, Repository
from tests.loopback.schemas import SCHEMAS, Schema


def published(tasks: Iterable[Task], languages: Callable[[Task], Iterable[str]]) -> list[Repository]:
    """Repositories with all sources of the tasks, configurations for `languages` only, at the declared revisions."""
    wanted: dict[str, set[tuple[str, str]]] = {}
    revisions: dict[str, set[str]] = {}
    for task in tasks:
        for source in (*task.train, *task.dev, *task.test):
            revisions.setdefault(source.id, set()).add(source.revision)
            for code in languages(task):
                wanted.setdefault(source.id, set()).add((_config(source, task, code), source.split))
    return [_repository(id, sorted(parts), revisions[id]) for id, parts in sorted(wanted.items())]


def schema(id: str, config: str) -> Schema:
    """What a configuration holds; a KeyError that says what to add for an id that is not known."""
    for (name, prefix), found in SCHEMAS.items():
        if name == id and config.startswith(prefix):
            return found
    raise KeyError(f"no schema of {id} ({config}): add it to tests/loopback/schemas.py, so that its task is tested")


def features(columns: Mapping[str, Any]) -> Any:
    """`datasets` features of columns: a type's name, names of labels, a list of one of these, or a mapping of columns."""
    import datasets

    def feature(kind: Any) -> Any:
        if isinstance(kind, list):
            return datasets.Sequence(feature(kind[0]))
        if isinstance(kind, Mapping):
            return {name: feature(inner) for name, inner in kind.items()}
        return datasets.ClassLabel(names=list(kind)) if isinstance(kind, tuple) else datasets.Value(kind)

    return datasets.Features({name: feature(kind) for name, kind in columns.items()})


def parquet(found: Schema, config: str, split: str) -> bytes:
    import datasets

    sink = io.BytesIO()
    rows = list(found.rows(config, split))
    datasets.disable_progress_bars()
    columns = {name: [row[name] for row in rows] for name in found.columns}
    datasets.Dataset.from_dict(columns, features=features(found.columns)).to_parquet(sink)
    return sink.getvalue()


def _config(source: Source, task: Task, code: str) -> str:
    return source.config.replace("{language}", task.spellings.get(code, code))


def _repository(id: str, parts: list[tuple[str, str]], revisions: set[str]) -> Repository:
    files: dict[str, Content] = {}
    configs: dict[str, list[dict[str, str]]] = {}
    for config, split in parts:
        found = schema(id, config)
        path, content = _file(found, config, split)
        files[path] = content
        if not found.bare:
            configs.setdefault(config, []).append({"split": split, "path": path})
    if configs:
        listed = [{"config_name": name, "data_files": places} for name, places in configs.items()]
        files["README.md"] = f"---\nconfigs: {json.dumps(listed)}\n---\n".encode()
    repository = Repository("dataset", id)
    head = repository.commit(files)
    for revision in revisions:
        if len(revision) == 40:
            repository.commits[revision] = files
        else:
            repository.refs[revision] = head
    return repository


def _file(found: Schema, config: str, split: str) -> tuple[str, bytes]:
    if not found.lines:
        path = f"{config}/{split}/0000.parquet" if found.bare else f"{config}/{split}-00000-of-00001.parquet"
        return path, parquet(found, config, split)
    text = "".join(json.dumps(row) + "\n" for row in found.rows(config, split)).encode()
    if len(config) == 2:  # a language
        return f"{config}/{split}.jsonl", text
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        member = tarfile.TarInfo(f"{split}.jsonl")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return f"{config}/{split}.jsonl.tar.gz", sink.getvalue()
