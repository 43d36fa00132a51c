"""What a language's own texts tell an attack: the words it knows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from adaptstilts.attacks.graphemes import clusters, runs
from adaptstilts.attacks.scripts import manner_of
from adaptstilts.kinds.kind import Facts, Kind
from adaptstilts.rows import Row


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
