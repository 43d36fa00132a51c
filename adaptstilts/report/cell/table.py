"""One cell as numbers: a transfer's scores by language, attack and challenge set, read from its records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adaptstilts.report.cell.attacks import AttackResult, attack_result, mean
from adaptstilts.report.cell.benchmark import BenchmarkScore, benchmark_scores
from adaptstilts.report.cell.columns import ScoreColumns, columns_of
from adaptstilts.report.cell.notes import notes
from adaptstilts.report.cell.sanity import Check, checks
from adaptstilts.store.records.record import ScoreRecord, TransferRecord

__all__ = ["Challenge", "ScoreRow", "Table", "mean", "table", "table_of"]


@dataclass(frozen=True)
class ScoreRow:
    """A challenge set in one language: its rows, the score and chance in [0, 1]."""

    language: str
    n: int
    score: float | None
    chance: float | None


@dataclass(frozen=True)
class Challenge:
    """A challenge set, with languages and a metric of its own; `mean` leaves the source language out.

    `mean` is None where the set has one language only. `exposure` is what the adapters have seen of the set's data.
    """

    name: str
    metric: str
    exposure: str
    lines: tuple[ScoreRow, ...]
    mean: float | None


@dataclass(frozen=True)
class Table:
    """Scores in [0, 1] by language and column; the first column is clean, the others are attacks.

    `scores[language][column]` is None where an attack does not apply, and in the languages that are the column's `gaps`, where nobody
    tried. `mean` leaves the source language out, `every` does not; `clean` is
    the former without attack over the very rows that the column's attack reached. `majority` is the score of the best constant or
    random answer, `n` the number of rows scored clean, by language; `rows` is the most rows that a column has in any.
    `exposure` is what the adapters have seen of the target's data, `checks` whether its attacks behaved as attacks must.
    """

    title: str
    metric: str
    source: str
    exposure: str
    columns: tuple[str, ...]
    scores: Mapping[str, Mapping[str, float | None]]
    gaps: Mapping[str, tuple[str, ...]]
    mean: Mapping[str, float | None]
    every: Mapping[str, float | None]
    clean: Mapping[str, float | None]
    majority: Mapping[str, float]
    n: Mapping[str, int]
    rows: Mapping[str, int]
    attacks: tuple[AttackResult, ...]
    challenges: tuple[Challenge, ...]
    benchmarks: tuple[BenchmarkScore, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]


def table(transfer: TransferRecord, scores: Sequence[ScoreRecord]) -> Table:
    """The table of one transfer's record and of score records of it, at least one of them clean."""
    return table_of(transfer, columns_of(scores))


def table_of(transfer: TransferRecord, found: ScoreColumns) -> Table:
    """The same of scores that are ordered in columns."""
    source, clean = transfer.spec.language, found.clean.whole
    named = {column.name: column.whole for column in found.shown}
    languages = sorted(clean.scores, key=lambda code: code != source)
    cells = {language: {column: record.score(language) for column, record in named.items()} for language in languages}
    abroad = [language for language in cells if language != source]
    return Table(
        title=transfer.title,
        metric=clean.metric,
        source=source,
        exposure=clean.exposure,
        columns=tuple(named),
        scores=cells,
        gaps={column: tuple(code for code in cells if code not in record.scores) for column, record in named.items()},
        mean={column: mean([cells[language][column] for language in abroad]) for column in named},
        every={column: mean([scored[column] for scored in cells.values()]) for column in named},
        clean={
            column: mean([told.clean for language in abroad if (told := record.scores.get(language))])
            for column, record in named.items()
        },
        majority={language: clean.scores[language].chance or 0.0 for language in languages},
        n={language: clean.scores[language].n or 0 for language in languages},
        rows={column: _most(record) for column, record in named.items()},
        attacks=tuple(attack_result(column.whole, column.name, source) for column in found.attacked),
        challenges=tuple(_challenge(column.whole, source) for column in found.challenged),
        benchmarks=benchmark_scores(transfer, clean),
        checks=checks([column.whole for column in found.attacked]),
        notes=notes(transfer, found),
    )


def _challenge(record: ScoreRecord, source: str) -> Challenge:
    lines = [
        ScoreRow(language, found.n or 0, found.metric(record.metric), found.chance)
        for language, found in record.scores.items()
    ]
    abroad = [line.score for line in lines if line.language != source]
    return Challenge(
        name=str(record.challenge),
        metric=record.metric,
        exposure=record.exposure,
        lines=tuple(lines),
        mean=mean(abroad) if len(lines) > 1 else None,
    )


def _most(record: ScoreRecord) -> int:
    rows = (found.n if found.reached is None else found.reached for found in record.scores.values())
    return max((count or 0 for count in rows), default=0)
