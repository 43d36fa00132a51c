"""What an attack did, language by language and over all but the source language, read from its record."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adaptstilts.attacks import ATTACKS
from adaptstilts.store.records.numbers import Scores
from adaptstilts.store.records.record import ScoreRecord


@dataclass(frozen=True)
class LanguageResult:
    """What an attack did in one language, shares in [0, 1] over the rows it reached; None where there is no number.

    `clean` and `attacked` are the metric on the same rows; `worst_case` counts a row's worse answer of the two; `queries` are
    per row; `survival` is the share of tried edits that the tokenizer noticed, `unknown` and `blank` are those that end in an unknown
    piece or a blank. `reason` says why there are no numbers.
    """

    language: str
    n: int | None = None
    reached: int | None = None
    clean: float | None = None
    attacked: float | None = None
    worst_case: float | None = None
    success_rate: float | None = None
    queries: float | None = None
    edit_rate: float | None = None
    survival: float | None = None
    unknown: float | None = None
    blank: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class AttackResult:
    """One attack: each language's numbers, and their mean over the languages other than the source (rows are summed).

    `radius` is set where an attack moves embeddings and edits no text, in mean norms of a word embedding.
    """

    name: str
    summary: str
    radius: float | None
    languages: tuple[LanguageResult, ...]
    total: LanguageResult


_EDITS = ("edit_rate", "survival", "unknown", "blank")
_SHARED = ("n", "reached", "clean", "worst_case", "success_rate", "queries", *_EDITS)
_MEANS = ("clean", "attacked", "worst_case", "success_rate", "queries", *_EDITS)


def attack_result(record: ScoreRecord, column: str, source: str) -> AttackResult:
    """One attack's record as numbers; `column` is what the attack is called in the table."""
    found = tuple(_language(language, cells, record.metric) for language, cells in record.scores.items())
    attack = ATTACKS.get(record.attack) if record.attack and record.attack in ATTACKS else None
    return AttackResult(
        name=column,
        summary=attack.summary if attack else "",
        radius=record.spec.severity if attack and attack.embeds else None,
        languages=found,
        total=_total([one for one in found if one.language != source], source),
    )


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of the values that are there; None if none is."""
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _language(language: str, cells: Scores, metric: str) -> LanguageResult:
    known: dict[str, Any] = {name: getattr(cells, name) for name in _SHARED}
    return LanguageResult(language, attacked=cells.metric(metric), reason=cells.refused or "", **known)


def _total(abroad: Sequence[LanguageResult], source: str) -> LanguageResult:
    means: dict[str, Any] = {name: mean([getattr(one, name) for one in abroad]) for name in _MEANS}
    return LanguageResult(
        language=f"mean without {source}",
        n=sum(one.n or 0 for one in abroad),
        reached=sum(one.reached or 0 for one in abroad),
        **means,
    )
