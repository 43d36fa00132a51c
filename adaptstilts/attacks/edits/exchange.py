"""Letter edits that put one of many clusters in at a place: all of them for a search, one drawn by weight for a draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from adaptstilts.attacks.attack import Scene
from adaptstilts.attacks.edits.board import Board, Step, Unit, Word, free_of
from adaptstilts.attacks.text.graphemes import Rewrite, clusters

Place = tuple[int, int]
"""From where up to where a word's clusters are replaced; nothing is where both are one."""


@dataclass(frozen=True)
class Exchange:
    """A letter edit (called, it yields every rewrite) whose rewrites are also drawn: a place evenly, then by weight.

    `places(word, free)` are the places of a word, `fresh(word, place, scene)` what may stand there and its weight.
    """

    places: Callable[[Word, range], Iterable[Place]]
    fresh: Callable[[Word, Place, Scene], Mapping[str, float]]

    def __call__(self, word: Word, free: range, scene: Scene) -> Iterator[Rewrite]:
        for place in self.places(word, free):
            for text in self.fresh(word, place, scene):
                yield Rewrite(*place, tuple(clusters(text)))

    def draw(self, board: Board, unit: Unit, rng: Random) -> Step | None:
        """One edit of a unit, the same at each of its spots; None if its words differ in what they allow."""
        first, *others = unit.spots
        word, scene = board.word(first), board.scene
        places = list(self.places(word, free_of(first)))
        for place in rng.sample(places, len(places)):
            fresh = self.fresh(word, place, scene)
            if fresh:
                (text,) = rng.choices(list(fresh), list(fresh.values()))
                texts = [text, *(self._same(board.word(spot), word, place, text, scene) for spot in others)]
                return _step(unit, place, [found for found in texts if found])
        return None

    def _same(self, word: Word, first: Word, place: Place, text: str, scene: Scene) -> str:
        """What the draw for another spelling of a word, in capitals or not, is in this one; "" if it may not be."""
        if word == first:
            return text
        return next((found for found in self.fresh(word, place, scene) if found.casefold() == text.casefold()), "")


def _step(unit: Unit, place: Place, texts: list[str]) -> Step | None:
    if len(texts) < len(unit.spots):
        return None
    start, end = place
    return tuple(
        (spot, Rewrite(spot.start + start, spot.start + end, tuple(clusters(text))))
        for spot, text in zip(unit.spots, texts, strict=True)
    )


def known_only(exchange: Exchange) -> Exchange:
    """The same with nothing but what the tokenizer knows: no unknown piece, no blank; all of it where there is no tokenizer."""

    def fresh(word: Word, place: Place, scene: Scene) -> Mapping[str, float]:
        found, old, ending = exchange.fresh(word, place, scene), "".join(word[slice(*place)]), scene.ending
        return {text: weight for text, weight in found.items() if ending is None or ending(old, text) == "known"}

    return Exchange(exchange.places, fresh)


def inside(word: Word, free: range) -> list[Place]:
    """Between two clusters of a word: before each that may change, the first aside."""
    return [(i, i) for i in free if i > 0]


def each(word: Word, free: range) -> list[Place]:
    """Every cluster that may change."""
    return [(i, i + 1) for i in free]


def in_case_of(model: str, text: str) -> str:
    """`text` in capitals where the cluster `model` is one and `text` has a single capital form."""
    upper = text.upper()
    return upper if model != model.lower() and len(clusters(upper)) == 1 else text
