"""What a task is: facts only; its kind owns the behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Source:
    """Where rows come from on the Hub: repository, configuration, split, revision.

    `config` may hold `{language}`, filled from the task's `spellings` where a language is spelt differently there.
    `revision` is a commit hash; `main` where the hash is not known yet. `language` is what all its rows are in; empty
    where that is the language asked for.
    """

    id: str
    config: str
    split: str
    revision: str = "main"
    language: str = ""


@dataclass(frozen=True)
class Task:
    """Facts about one data set.

    `columns` maps the kind's column names (and `id`, where rows have their own) to the data set's own. `prepare(record,
    language)` reshapes one raw record before that, returns None to leave it out, or a list where it stands for several
    rows, each with its `id` (of which only the first is trained on) and, where `id` does not name it, its `source`.
    `train` is in the source language; `dev` and `test` exist per language. `family` names the data this task's rows
    derive from, for `seen | related | unseen`. `options` are the kind's settings. `version` goes up when the same data
    would give other rows. `twin` names the pocket generator, the task's own name if empty. `parallel` says that rows of
    one id (the nth rows, where they have none) translate one another. A task that names no source has `local` rows, of a
    user's own files alone; `obtain` tells how to get them, where others can. The tags of a local task that declares no
    labels are read from the files too. `files` names a user's copy in its published layout: by split a pattern below the data folder or its
    folder of the task's name, `{language}` as in a source; a pattern fits one file, but a whole name `*` all files
    there, and several such patterns all of theirs. `split_by` is the column that tells each row's split, where one of a user's files
    holds several. `read(path, language)` makes records of it where no known format
    does. `standin` names the task whose public data may take its place where the user allows it (`--allow-standin`). A
    challenge set has no training rows: `of` names the tasks through whose head it may be scored.
    """

    name: str
    kind: str
    role: Literal["intermediate", "target", "challenge"]
    summary: str
    metric: str
    train: tuple[Source, ...] = ()
    dev: tuple[Source, ...] = ()
    test: tuple[Source, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    spellings: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[dict[str, Any], str], dict[str, Any] | list[dict[str, Any]] | None] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    family: tuple[str, ...] = ()
    licence: str = ""
    citation: str = ""
    version: int = 1
    notes: str = ""
    twin: str = ""
    parallel: bool = False
    obtain: str = ""
    files: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    read: Callable[[Path, str], list[dict[str, Any]]] | None = None
    standin: str = ""
    of: tuple[str, ...] = ()
    split_by: str = ""

    @property
    def local(self) -> bool:
        """Whether its rows come from a user's own files alone."""
        return not (self.train or self.dev or self.test)
