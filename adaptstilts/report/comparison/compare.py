"""Runs held against the first of them over the rows that all of them have, clean and under each attack that all of them know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from adaptstilts.errors import InputError, NotApplicable
from adaptstilts.report.cell.columns import ScoreColumn, ScoreColumns, columns_of
from adaptstilts.report.frame.recount import MEANS, SUMS
from adaptstilts.statistics.paired_bootstrap import BootstrapInterval, Bootstrapped, bootstrapped
from adaptstilts.store.predictions import read_columns
from adaptstilts.store.records.record import TransferRecord
from adaptstilts.store.runs import scores_of
from adaptstilts.store.store import PREDICTIONS, Store

if TYPE_CHECKING:
    import pandas as pd

READ = ("language", "id", "source", "score", "points", "of", "outcome", "gold")
PLACE = ["language", "id"]


@dataclass(frozen=True)
class Line:
    """One measure over `n` rows: each run's share, and by how much each run but the first differs from it."""

    name: str
    n: int
    values: tuple[float, ...]
    differences: tuple[BootstrapInterval, ...]


@dataclass(frozen=True)
class Comparison:
    """Runs of one target: lines over the languages other than the source, and the same language by language.

    `notes` say what could not be held against each other.
    """

    runs: tuple[TransferRecord, ...]
    metric: str
    source: str
    lines: tuple[Line, ...]
    by_language: dict[str, tuple[Line, ...]]
    notes: tuple[str, ...]

    @property
    def letters(self) -> tuple[str, ...]:
        """What the runs are called in tables."""
        return tuple(f"{chr(ord('A') + place)}" for place in range(len(self.runs)))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        runs = [{"name": a, "key": run.key, "title": run.title} for a, run in zip(self.letters, self.runs, strict=True)]
        lines = [asdict(line) for line in self.lines]
        apart = {language: [asdict(line) for line in found] for language, found in self.by_language.items()}
        told = {"metric": self.metric, "source": self.source, "lines": lines, "by_language": apart}
        return {"runs": runs, **told, "notes": list(self.notes)}


def compare(store: Store, runs: Sequence[TransferRecord]) -> Comparison:
    """What these runs of one target score on the same rows.

    Raises InputError for fewer than two runs, runs of several targets, runs without clean scores or common rows; NotApplicable for
    a metric that rows do not add up to.
    """
    _check(runs)
    found = [_columns(store, run) for run in runs]
    metric, source = found[0].clean.whole.metric, runs[0].spec.language
    if metric not in SUMS:
        raise NotApplicable(
            f"{metric} is no sum over rows, which could be drawn again", do="`report` compares its scores."
        )
    clean = [_rows(store, columns.clean, metric) for columns in found]
    lines, notes = {"clean": _lines(clean, [])}, list[str]()
    named = [{column.name: column for column in columns.attacked} for columns in found]
    for name in dict.fromkeys(name for columns in named for name in columns):
        if lacking := [run.key for run, columns in zip(runs, named, strict=True) if name not in columns]:
            notes.append(f"{name}: {', '.join(lacking)} was not attacked with it")
            continue
        rows = [_rows(store, columns[name], metric) for columns in named]
        lines[name] = _lines(clean, rows)
    return _compared(tuple(runs), metric, source, lines, notes)


def _check(runs: Sequence[TransferRecord]) -> None:
    if len({run.key for run in runs}) < 2:
        raise InputError("there is nothing to compare", do="Name two runs or more, each once.")
    if len(targets := dict.fromkeys(run.target for run in runs)) > 1:
        raise InputError(f"runs of {', '.join(targets)} share no rows", do="Name runs of one target.")


def _columns(store: Store, run: TransferRecord) -> ScoreColumns:
    scores = scores_of(store, run.key)
    if not any(not score.attack and not score.challenge for score in scores):
        raise InputError("this run has no clean score", where=f"run {run.key}", do="Run its command again to score it.")
    return columns_of(scores)


def _rows(store: Store, column: ScoreColumn, metric: str) -> pd.DataFrame:
    """The rows of a column that count, each language from the score that it is taken from; CorruptArtefact."""
    import pandas as pd

    parts = []
    for part in column.parts:
        path = store.folder(part.key) / PREDICTIONS
        if not path.is_file():
            raise InputError("the predictions of a score are gone", where=str(path), do="Run its command again.")
        rows: pd.DataFrame = read_columns(path, READ).to_pandas()
        rows = rows[rows["language"].isin(list(part.scores))]
        if "of" not in rows and metric in MEANS:
            rows = rows.assign(points=rows["score"], of=1.0)
        parts.append(rows[rows["outcome"] != "noop"] if "outcome" in rows else rows)
    found: pd.DataFrame = pd.concat(parts, ignore_index=True)
    if "of" not in found:
        do = "Run the command again in a new store."
        raise InputError(
            "predictions of this version do not say what rows give to the metric", where=column.whole.key, do=do
        )
    return found


Paired = tuple["pd.DataFrame", list[str]]
"""Rows that all runs have, a column of points and one of `of` for each measure and run; the measures by name."""


def _lines(before: Sequence[pd.DataFrame], after: Sequence[pd.DataFrame]) -> Paired:
    """The common rows: clean alone, or clean and attacked where an attack reached them in every run."""
    named = [
        *((f"clean{i}", rows) for i, rows in enumerate(before)),
        *((f"attacked{i}", rows) for i, rows in enumerate(after)),
    ]
    renamed = [_renamed(rows, label) for label, rows in named]
    found = reduce(lambda left, right: left.merge(right, on=PLACE), renamed)
    _check_gold(found, [label for label, _ in named])
    first = before[0][[*PLACE, "source"]]
    return found.merge(first, on=PLACE), [label for label, _ in named]


def _renamed(rows: pd.DataFrame, label: str) -> pd.DataFrame:
    kept = [column for column in ("points", "of", "gold") if column in rows]
    found: pd.DataFrame = rows[[*PLACE, *kept]].rename(columns={column: f"{column} {label}" for column in kept})
    return found


def _check_gold(rows: pd.DataFrame, labels: Sequence[str]) -> None:
    """InputError where rows of one id have other answers: then they are not the same rows."""
    golds = [f"gold {label}" for label in labels if label.startswith("clean") and f"gold {label}" in rows]
    for other in golds[1:]:
        differ = rows[(rows[golds[0]] != rows[other]) & rows[golds[0]].notna() & rows[other].notna()]
        if len(differ):
            first = differ.iloc[0]
            what = f"{len(differ):,} rows have other gold answers, {first['language']} row {first['id']} first"
            raise InputError(what, do="These runs were scored on other versions of the data.")


def _compared(
    runs: tuple[TransferRecord, ...], metric: str, source: str, found: dict[str, Paired], notes: list[str]
) -> Comparison:
    lines, apart = list[Line](), dict[str, list[Line]]()
    for name, (rows, labels) in found.items():
        abroad = rows[rows["language"] != source]
        if not len(rows):
            notes.append(f"{name}: no rows in common")
            continue
        lines += _measured(name, abroad if len(abroad) else rows, labels, len(runs))
        for language, own in rows.groupby("language", sort=False):
            apart.setdefault(str(language), []).extend(_measured(name, own, labels, len(runs)))
    if not lines:
        raise InputError("these runs have no scored rows in common", do="Score them in the same languages.")
    order = sorted(apart, key=lambda code: code != source)
    return Comparison(runs, metric, source, tuple(lines), {code: tuple(apart[code]) for code in order}, tuple(notes))


def _measured(name: str, rows: pd.DataFrame, labels: list[str], count: int) -> list[Line]:
    """Clean, or for an attack the same rows clean, attacked, and the cost, which is the former minus the latter."""
    points, of = (rows[[f"{what} {label}" for label in labels]].to_numpy(float) for what in ("points", "of"))
    drawn = bootstrapped(points, of, rows["language"].to_list(), rows["source"].to_list())
    eye = np.eye(len(labels))
    if len(labels) == count:
        return [_line(name, len(rows), drawn, eye)]
    clean, attacked = eye[:count], eye[count:]
    return [
        _line(f"{name}: same rows, clean", len(rows), drawn, clean),
        _line(f"{name}: attacked", len(rows), drawn, attacked),
        _line(f"{name}: cost", len(rows), drawn, clean - attacked),
    ]


def _line(name: str, n: int, drawn: Bootstrapped, measures: Any) -> Line:
    values = tuple(float(drawn.observed @ weights) for weights in measures)
    return Line(name, n, values, tuple(drawn.estimate(weights - measures[0]) for weights in measures[1:]))
