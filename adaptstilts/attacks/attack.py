"""What an attack is: a perturbation of a row's text, or a search that queries a victim under a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol

from adaptstilts.kinds.kind import Facts, Kind
from adaptstilts.rows import Row


class Victim(Protocol):
    """The model under attack."""

    def margins(self, rows: Sequence[Row]) -> list[float]:
        """Gold-minus-rival margins in float32 from raw logits, one per row; below zero is fooled. A row is a query."""
        ...


@dataclass(frozen=True)
class Scene:
    """Everything around a row that an attack may use.

    `survives(before, after)` tells whether the tokenizer's ids differ. `parallel` holds, per language, the rows of
    the same split by their `source`. `severity` is the target grapheme edit rate in (0, 1]; 0 edits nothing. `words`
    are known words of the language, casefolded (see `harvest.known_words`): no letter edit may make another of them.
    `mask` is the text that stands for a left-out word while a search ranks words.
    """

    task: Facts
    kind: Kind
    language: str
    seed: int
    severity: float
    survives: Callable[[str, str], bool]
    parallel: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    mask: str = "<mask>"


Outcome = Literal["edited", "noop", "wrong", "held"]


@dataclass(frozen=True)
class Attacked:
    """One row after an attack.

    `outcome`:
    "edited"  the text was changed;
    "noop"    nothing could be changed, or no edit survived the tokenizer: not in the mean, counted in coverage;
    "wrong"   (searches) the clean prediction is already wrong, the row is returned as it is after one query;
    "held"    (searches) no candidate within the budget lowered the margin, the row is returned as it is.
    `edits` counts grapheme edits (a transposition is one), `rate` is edits over editable graphemes, `queries` the rows
    that a search asked the victim about, remembered ones included (static: 0).
    """

    row: Row
    outcome: Outcome
    edits: int
    rate: float
    queries: int = 0

    @property
    def counts(self) -> bool:
        """Whether the row belongs in the attack's mean."""
        return self.outcome != "noop"


Perturb = Callable[[Row, Scene, Random], Attacked]
Search = Callable[[Sequence[Row], Scene, Victim, int, Sequence[Random]], list[Attacked]]


@dataclass(frozen=True)
class Attack:
    """One attack. Static ones have `perturb`, searches have `search`; `running.attack_rows` runs either.

    `needs` are abilities (see `Kind.edits`) of which a kind must allow at least one, else the attack is n/a for it.
    `languages(code)` tells whether it applies to a language. A search gets its budget in queries per row and one
    generator per row. `version` goes up when the same input would give another output.
    """

    name: str
    summary: str
    family: Literal["static", "search"]
    needs: frozenset[str]
    perturb: Perturb | None = None
    search: Search | None = None
    languages: Callable[[str], bool] = lambda code: True
    citation: str = ""
    version: int = 1

    @property
    def graded(self) -> bool:
        """Whether severity decides what it does: static edits of letters; all else changes a row whole or stops by itself."""
        return self.family == "static" and self.needs == {"letters"}
