"""What a language's own texts tell an attack: the words it knows, and which letters it writes how often."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from adaptstilts.attacks.text.graphemes import clusters, runs
from adaptstilts.attacks.text.scripts import manner_of, nature_of, tail_of
from adaptstilts.kinds.kind import Facts, Kind
from adaptstilts.rows import Row


@dataclass(frozen=True)
class Inventory:
    """The letter clusters of a language, in lower case and NFC, and how often each was seen."""

    counts: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def _by_script(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for piece, count in self.counts.items():
            found.setdefault(nature_of(piece).script, {})[piece] = count
        return found

    @cached_property
    def _by_nature(self) -> dict[tuple[object, str], dict[str, int]]:
        found: dict[tuple[object, str], dict[str, int]] = {}
        for piece, count in self.counts.items():
            found.setdefault((nature_of(piece), tail_of(piece)), {})[piece] = count
        return found

    def of_script(self, cluster: str) -> Mapping[str, int]:
        """The clusters of the script that `cluster` is in."""
        return self._by_script.get(nature_of(cluster).script, {})

    def like(self, cluster: str) -> Mapping[str, int]:
        """The clusters of the script, general category and syllabic category of `cluster`, with the marks it has."""
        lower = cluster.lower()
        return self._by_nature.get((nature_of(lower), tail_of(lower)), {})

    @property
    def commonest(self) -> tuple[str, ...]:
        """The clusters, commonest first: what `Scene.letters` wants."""
        return tuple(sorted(self.counts, key=lambda piece: (-self.counts[piece], piece)))


def inventory(texts: Iterable[str]) -> Inventory:
    """The letter clusters of `texts`; what only a capital has (the dotted I) is left out."""
    counts: Counter[str] = Counter()
    for text in texts:
        pieces = clusters(unicodedata.normalize("NFC", text))
        counts.update(piece.lower() for run in runs(pieces) for piece in pieces[run.start : run.end])
    return Inventory({piece: counts[piece] for piece in sorted(counts) if clusters(piece) == [piece]})


def inventory_of_rows(rows: Sequence[Row], kind: Kind, task: Facts) -> Inventory:
    """The letter clusters of every field that an attack may edit."""
    return inventory(field.text for row in rows for field in kind.fields(row, task))


def known_words(texts: Iterable[str]) -> frozenset[str]:
    """The words of spaced scripts in `texts`, casefolded NFC: what `Scene.words` wants."""
    found: set[str] = set()
    for text in texts:
        pieces = clusters(unicodedata.normalize("NFC", text))
        spaced = (run for run in runs(pieces) if not manner_of(run.script).window)
        found.update("".join(pieces[run.start : run.end]).casefold() for run in spaced)
    return frozenset(found)


def words_of_rows(rows: Sequence[Row], kind: Kind, task: Facts) -> frozenset[str]:
    """The words in every field that an attack may edit."""
    return known_words(field.text for row in rows for field in kind.fields(row, task))
