"""The rewrites of a word's letters that static attacks and searches share."""

from __future__ import annotations

from collections.abc import Iterator

from adaptstilts.attacks.attack import Scene
from adaptstilts.attacks.text.graphemes import Rewrite


def drops(word: tuple[str, ...], free: range, scene: Scene) -> Iterator[Rewrite]:
    """Every deletion of one cluster."""
    for i in free:
        yield Rewrite(i, i + 1, ())


def swaps(word: tuple[str, ...], free: range, scene: Scene) -> Iterator[Rewrite]:
    """Every transposition of two neighbouring, different clusters."""
    for i in free[:-1]:
        if word[i] != word[i + 1]:
            yield Rewrite(i, i + 2, (word[i + 1], word[i]))
