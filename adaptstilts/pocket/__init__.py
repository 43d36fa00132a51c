"""The pocket lab: generated languages, twins of every task and a tiny encoder, so that all runs offline and at once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from adaptstilts.errors import UnknownName
from adaptstilts.ids import rng_for
from adaptstilts.pocket.languages import language as _language
from adaptstilts.pocket.languages import languages as _languages
from adaptstilts.pocket.twins import twin as _twin
from adaptstilts.pocket.twins import twins as _twins

if TYPE_CHECKING:
    from adaptstilts.rows import Row

VERSION = 1
SPLITS = ("train", "dev", "test")
LANGUAGES: tuple[str, ...] = tuple(_languages())
TWINS: tuple[str, ...] = tuple(_twins())


def labels(task: str) -> tuple[str, ...]:
    """The labels of a twin in order; empty for kinds without. Raises UnknownName."""
    return _twin(task).labels


def size(task: str, split: str) -> int:
    """How many rows a split has unless told otherwise. Raises UnknownName."""
    return _twin(task).sizes[_split(split)]


def rows(task: str, split: str, language: str, n: int | None = None, seed: int = 0) -> list[Row]:
    """The first n rows of a twin. Row i says the same in every language and under every n. Raises UnknownName."""
    from adaptstilts.pocket.twin import make

    wanted = size(task, split) if n is None else n
    return make(_twin(task), _split(split), _language(language).code, wanted, seed)


def sample(language: str, n: int = 5, seed: int = 0) -> list[str]:
    """Sentences of both genres; sentence i says the same in every language. Raises UnknownName."""
    from adaptstilts.pocket.grammar import grammar
    from adaptstilts.pocket.world import World

    said = []
    for i in range(n):
        world = World("ab"[i % 2], rng_for("pocket sample", seed, i))
        said.append(grammar(_language(language).code).text((world.longer(world.event()),)))
    return said


@cache
def lexicon(language: str) -> dict[str, tuple[str, ...]]:
    """English-like word, as it stands in a text -> its translations; no two meanings share one. Raises UnknownName."""
    from adaptstilts.pocket.dictionary import translations

    return translations(_language(language).code)


def _split(split: str) -> str:
    if split not in SPLITS:
        raise UnknownName("split", split, SPLITS)
    return split
