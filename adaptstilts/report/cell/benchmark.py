"""A target's score as XTREME and XTREME-R define it, from the record of a clean score on real data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adaptstilts.metrics.benchmarks import BENCHMARKS, TaskPart, TaskScore, task_score
from adaptstilts.numerals import percent
from adaptstilts.report.caveats import generated
from adaptstilts.store.records.record import ScoreRecord, TransferRecord

TITLES = {"xtreme": "XTREME", "xtreme-r": "XTREME-R"}


@dataclass(frozen=True)
class BenchmarkScore:
    """One benchmark's score of the task, fractions in [0, 1]; `rows` is the limit a language, None where it left none out."""

    benchmark: str
    part: TaskPart
    score: TaskScore
    source: str
    rows: int | None = None

    @property
    def said(self) -> str:
        """The same as a sentence."""
        title, found = TITLES.get(self.benchmark, self.benchmark), self.score
        number = f"its {len(self.part.languages)} languages"
        if found.score is None or found.without_source is None:
            return f"{title}: no task score, for {len(found.missing)} of {number} are not scored: {' '.join(found.missing)}"
        what = f"the mean of {' and '.join(self.part.metrics)} over {number}"
        abroad = f"{percent(found.without_source)} without {self.source}"
        limited = f"; on at most {self.rows:,} rows a language, so no published score compares" if self.rows else ""
        return f"{title} task score {percent(found.score)} ({what}; {abroad}){limited}"


def benchmark_scores(transfer: TransferRecord, clean: ScoreRecord) -> tuple[BenchmarkScore, ...]:
    """The benchmarks that the target is part of; none for generated rows, which are no benchmark's."""
    return () if generated(clean) else tuple(_each(transfer, clean))


def _each(transfer: TransferRecord, clean: ScoreRecord) -> Iterator[BenchmarkScore]:
    source, limit = transfer.spec.language, clean.spec.rows
    rows = limit if limit and any((cells.n or 0) >= limit for cells in clean.scores.values()) else None
    scores = {language: {"n": cells.n or 0, **cells.metrics} for language, cells in clean.scores.items()}
    for name, benchmark in BENCHMARKS.items():
        part = benchmark.part(transfer.target)
        if part:
            yield BenchmarkScore(name, part, task_score(part, scores, source), source, rows)
