"""Checking a task's data: how many rows each split has, what their labels are, and every problem up to a bound."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adaptstilts.data.pairing import pairing
from adaptstilts.data.sources import SPLITS, DataSource, facts_for
from adaptstilts.data.spelling import decomposed_rows, unknown_rows
from adaptstilts.errors import DataMissing, RowError, UnknownName
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Tokenizer
from adaptstilts.listeners import Speaker
from adaptstilts.rows import Row
from adaptstilts.tasks import Task

log = Speaker(__name__)


@dataclass(frozen=True)
class SplitReport:
    """What one split of one language holds.

    `balance` gives the share of each gold label, `chance` the score of the best constant or random answer.
    `decomposed` rows have letters apart from their marks, `unknown` ones a piece that the tokenizer does not know (None: there was
    none to ask). `problems` are the first bad rows, `bad` counts them all; `missing` is why there is nothing to read, if so.
    """

    split: str
    language: str
    rows: int = 0
    bad: int = 0
    decomposed: int = 0
    unknown: int | None = None
    balance: Mapping[str, float] = field(default_factory=dict)
    chance: float | None = None
    problems: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class DataReport:
    """What `adaptstilts check TASK` says.

    `absent` are languages of the task that cannot be scored there, `pairing` what there is to say of how translations are paired.
    """

    task: str
    where: str
    splits: tuple[SplitReport, ...]
    absent: tuple[str, ...] = ()
    pairing: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """The bad rows of all splits, first ones only."""
        return tuple(problem for each in self.splits for problem in each.problems)

    @property
    def bad(self) -> int:
        return sum(each.bad for each in self.splits)

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.splits)

    def without_rows(self, languages: Sequence[str]) -> tuple[str, ...]:
        """Those of `languages` in which no split has a row to score."""
        held = {each.language for each in self.splits if each.split != "train" and each.rows}
        return tuple(code for code in languages if code not in held)


def check(
    task: Task,
    source: DataSource,
    languages: Sequence[str] = (),
    *,
    source_language: str = "en",
    bound: int = 20,
    tokenizer: Tokenizer | None = None,
) -> DataReport:
    """Read all rows of all splits: train in `source_language`, dev and test in `languages` (empty: all that are there).

    At most `bound` bad rows a split are told in full. A split that is not there is reported as missing, not raised; one
    that the task does not declare is left out. Unknown pieces are those of `tokenizer`.
    UnknownName for a language of which the task knows nothing.
    """
    facts = facts_for(task, source)
    for code in languages:
        if code not in (*task.languages, *facts.languages):
            raise UnknownName("language", code, {*task.languages, *facts.languages}, where=task.name)
    scored = languages or facts.languages
    reports, sources = [], defaultdict[str, dict[str, set[str]]](dict)
    for split, language in [("train", source_language), *((split, code) for split in SPLITS[1:] for code in scored)]:
        if not source.declares(task, split):
            continue
        log.info(f"{task.name}/{split}/{language}")
        rows: list[Row] = []
        reports.append(_spelt(_check_split(facts, split, language, source, bound, rows), rows, facts, tokenizer))
        if task.parallel and split != "train" and rows:
            sources[split][language] = {row.source for row in rows}
    paired = [str(pairing(facts, split, found, source)) for split, found in sources.items()]
    return DataReport(task.name, str(source), tuple(reports), source.absent(task), tuple(filter(None, paired)))


def _check_split(task: Task, split: str, language: str, source: DataSource, bound: int, rows: list[Row]) -> SplitReport:
    """Into `rows` go those that are right."""
    problems: list[RowError] = []
    try:
        rows += source.rows(task, split, language, None, 0, problems.append)
    except DataMissing as error:
        return SplitReport(split, language, missing=str(error))
    return SplitReport(
        split,
        language,
        rows=len(rows),
        bad=len(problems),
        balance=_balance(rows, task),
        chance=kind_of(task.kind).chance(rows, task) if rows else None,
        problems=tuple(f"{problem.where}: {problem.what}" for problem in problems[:bound]),
        missing="" if rows or problems else "the files hold no rows of this language",
    )


def _spelt(report: SplitReport, rows: Sequence[Row], task: Task, tokenizer: Tokenizer | None) -> SplitReport:
    """The report with how its rows are spelt."""
    kind = kind_of(task.kind)
    unknown = unknown_rows(rows, kind, task, tokenizer) if tokenizer else None
    return replace(report, decomposed=decomposed_rows(rows, kind, task), unknown=unknown)


def _balance(rows: Iterable[Row], task: Task) -> dict[str, float]:
    """Shares of gold labels, commonest first; empty for kinds whose gold answer is no label."""
    kind = kind_of(task.kind)
    counts = Counter(label for row in rows for label in kind.golds(row, task))
    total = counts.total()
    return {label: count / total for label, count in counts.most_common()}
