"""The pocket lab as a source: twins of the tasks, made as they are asked for, in languages of its own."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adaptstilts import pocket
from adaptstilts.data.sources.missing import own_rows
from adaptstilts.data.sources.source import DataSource
from adaptstilts.data.split import Wrong
from adaptstilts.errors import DataMissing, RowError, UnknownName
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Whereabouts
from adaptstilts.rows import Row
from adaptstilts.tasks import Task

VERSION = {"pocket": pocket.VERSION}
SENTENCES = 400
"""Sentences of each language that running text has."""


@dataclass(frozen=True)
class PocketSource(DataSource):
    """Generated rows; a function of twin, split, language, seed and position."""

    lengths = "pocket_tokens"
    generated = True

    def __str__(self) -> str:
        return "pocket"

    def rows(self, task: Task, split: str, language: str, limit: int | None, seed: int, wrong: Wrong) -> Iterator[Row]:
        kind, place = kind_of(task.kind), Whereabouts(task.name, split, language)
        for row in pocket.rows(_twin(task), split, language, limit, seed if split == "train" else 0):
            try:
                kind.check(row, task, place)
            except RowError as error:
                wrong(error)
            else:
                yield row

    def holds(self, task: Task, split: str, language: str) -> bool:
        return _twin(task) in pocket.TWINS

    def origin(self, task: Task, split: str, language: str) -> dict[str, Any]:
        return dict(VERSION)

    def identity(self, task: Task, used: Sequence[tuple[str, str]]) -> dict[str, Any]:
        return dict(VERSION)

    def languages(self, task: Task) -> tuple[str, ...]:
        return pocket.LANGUAGES

    def labels(self, task: Task) -> tuple[str, ...]:
        if not task.twin and (why := self.refusal(task)):
            raise DataMissing(why, do=own_rows(task, "train", "en") if task.local and not task.obtain else task.obtain)
        return pocket.labels(_twin(task)) or task.labels

    def options(self, task: Task) -> Mapping[str, Any]:
        if "candidate_languages" not in task.options:
            return task.options
        return {**task.options, "candidate_languages": dict.fromkeys(pocket.LANGUAGES, pocket.LANGUAGES)}

    def declares(self, task: Task, split: str) -> bool:
        return True

    def refusal(self, task: Task) -> str:
        if self.holds(task, "", ""):
            return ""
        told = "name a folder of real ones with --data, or a real config"
        return f"{task.name} has no rows in the pocket lab; {told}"

    def check_language(self, task: Task, language: str) -> None:
        above = task.role == "intermediate"
        known = pocket.LANGUAGES if above else task.languages
        if language not in known:
            where = "data.intermediate_language" if above else "data.language"
            raise UnknownName("language of the pocket lab", language, known, where=where)

    def size(self, task: Task, split: str) -> int | None:
        return pocket.size(_twin(task), split) if self.holds(task, split, "") else None

    def text_identity(self) -> dict[str, Any]:
        return {**VERSION, "sentences": SENTENCES}

    def sentences(self) -> list[str]:
        return [sentence for language in pocket.LANGUAGES for sentence in pocket.sample(language, SENTENCES)]

    def lexicon(self, language: str) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for other in pocket.LANGUAGES if language == "en" else (language,):
            if other == "en":
                continue
            for english, forms in pocket.lexicon(other).items():
                pairs = [(english, form) for form in forms] if language == "en" else [(form, english) for form in forms]
                for word, said in pairs:
                    found.setdefault(unicodedata.normalize("NFC", word).casefold(), []).append(said)
        return {word: tuple(dict.fromkeys(forms)) for word, forms in found.items()}


def _twin(task: Task) -> str:
    """The name of the task's generator."""
    return task.twin or task.name
