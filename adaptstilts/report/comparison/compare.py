"""Runs held against the first of them over the rows that all of them have, clean and under each attack that all of them know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from adaptstilts.errors import CorruptArtefact, InputError, NotApplicable
from adaptstilts.report.cell.columns import ScoreColumns, columns_of
from adaptstilts.report.comparison.bounds import bounds
from adaptstilts.report.comparison.matching import matched
from adaptstilts.report.frame.recount import MEANS, SEARCHING, SUMS
from adaptstilts.statistics.paired_bootstrap import BootstrapInterval, Bootstrapped, bootstrapped
from adaptstilts.store.predictions import read_columns
from adaptstilts.store.records.record import ScoreRecord, TransferRecord
from adaptstilts.store.runs import scores_of
from adaptstilts.store.store import PREDICTIONS, Store

if TYPE_CHECKING:
    import pandas as pd

READ = ("language", "id", "source", "score", "points", "of", "outcome", "gold")
PLACE = ["language", "id"]


LOST = "points lost"
"""Clean minus attacked."""

BOUND = (
    "where all rows give the same difference (none tells the runs apart, say), a bootstrap's interval has no width: there it is what so "
    "many rows leave possible (the exact bound for what none of them showed)."
)


def lettered(runs: Sequence[TransferRecord]) -> tuple[str, ...]:
    return tuple(chr(ord("A") + place) for place in range(len(runs)))


@dataclass(frozen=True)
class Line:
    """One measure over `n` rows: each run's share, and by how much each run but the first differs from it."""

    name: str
    n: int
    values: tuple[float, ...]
    differences: tuple[BootstrapInterval, ...]


@dataclass(frozen=True)
class Comparison:
    """Runs of one target: lines over the languages that none of them was trained in, and the same language by language.

    `bounds` are (heading, sentence): what differences cannot say; `notes` say what could not be held against each other.
    """

    runs: tuple[TransferRecord, ...]
    metric: str
    sources: tuple[str, ...]
    lines: tuple[Line, ...]
    by_language: dict[str, tuple[Line, ...]]
    bounds: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def letters(self) -> tuple[str, ...]:
        """What the runs are called in tables."""
        return lettered(self.runs)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        runs = [{"name": a, "key": run.key, "title": run.title} for a, run in zip(self.letters, self.runs, strict=True)]
        lines = [asdict(line) for line in self.lines]
        apart = {language: [asdict(line) for line in found] for language, found in self.by_language.items()}
        told = {"metric": self.metric, "sources": list(self.sources), "lines": lines, "by_language": apart}
        limits = [f"{heading} {sentence}" for heading, sentence in self.bounds]
        return {"runs": runs, **told, "bounds": limits, "notes": list(self.notes)}


def compare(store: Store, runs: Sequence[TransferRecord]) -> Comparison:
    """What these runs of one target score on the same rows.

    Raises InputError for fewer than two runs, runs of several targets, runs without clean scores or common rows; NotApplicable for
    a metric that rows do not add up to; CorruptArtefact for predictions that name a row twice.
    """
    _check(runs)
    found = {letter: _columns(store, run) for letter, run in zip(lettered(runs), runs, strict=True)}
    metric = next(iter(found.values())).clean.whole.metric
    if metric not in SUMS:
        raise NotApplicable(
            f"{metric} is no sum over rows, which could be drawn again", do="`report` compares its scores."
        )
    read = cache(lambda key: _predicted(store, key, metric))
    shared, notes = matched(found)
    clean = [_rows(read, [(part.key, part) for part in own.clean.parts]) for own in found.values()]
    lines, searched = {"clean": _lines(clean, [])}, {"clean": clean}
    for name, columns in shared.items():
        before = [
            [(part.spec.clean or own.clean.whole.key, part) for part in column.parts]
            for own, column in zip(found.values(), columns, strict=True)
        ]
        attacked = [_rows(read, [(part.key, part) for part in column.parts]) for column in columns]
        searched[name] = [_rows(read, parts) for parts in before]
        lines[name] = _lines(searched[name], [rows[rows["outcome"] != "noop"] for rows in attacked])
    notes += _pools(list(found), searched) if metric in SEARCHING else ()
    limits = {letter: (run, found[letter].clean.whole) for letter, run in zip(found, runs, strict=True)}
    return _compared(tuple(runs), metric, lines, notes, tuple(bounds(limits)))


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


def _rows(read: Callable[[str], pd.DataFrame], parts: Sequence[tuple[str, ScoreRecord]]) -> pd.DataFrame:
    """The predictions of scores by key, of each in the languages of the part beside it."""
    import pandas as pd

    tables = [(read(key), list(part.scores)) for key, part in parts]
    found: pd.DataFrame = pd.concat([rows[rows["language"].isin(own)] for rows, own in tables], ignore_index=True)
    return found


def _predicted(store: Store, key: str, metric: str) -> pd.DataFrame:
    """The predictions of a score; CorruptArtefact, InputError."""
    path = store.folder(key) / PREDICTIONS
    if not path.is_file():
        raise InputError("the predictions of a score are gone", where=str(path), do="Run its command again.")
    rows: pd.DataFrame = read_columns(path, READ).to_pandas()
    if "of" not in rows and (metric in MEANS or rows.empty):
        rows = rows.assign(points=rows["score"], of=1.0)
    if "of" not in rows:
        do = "Run the command again in a new store."
        raise InputError("predictions of this version do not say what rows give to the metric", where=key, do=do)
    twice = rows.duplicated(PLACE)
    if twice.any():
        do = f"Remove the folder {path.parent} and run the same command again: only this step is redone."
        first = rows[twice].iloc[0]
        raise CorruptArtefact(
            f"predictions do not read back (row {first['id']} stands there twice)", where=str(path), do=do
        )
    return rows if "outcome" in rows else rows.assign(outcome="")


def _pools(letters: Sequence[str], searched: Mapping[str, Sequence[pd.DataFrame]]) -> Iterator[str]:
    """Where rows were searched for among others in one run than in another."""
    for name, tables in searched.items():
        pools = [{str(language): frozenset(own) for language, own in rows.groupby("language")["id"]} for rows in tables]
        for language in (code for code in pools[0] if all(code in pool for pool in pools)):
            if len({pool[language] for pool in pools}) > 1:
                told = ", ".join(f"{len(pool[language]):,} in {a}" for a, pool in zip(letters, pools, strict=True))
                yield f"{name}, {language}: the rows to search among differ ({told}); fewer are easier"


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
    runs: tuple[TransferRecord, ...],
    metric: str,
    found: dict[str, Paired],
    notes: list[str],
    limits: tuple[tuple[str, str], ...],
) -> Comparison:
    sources = tuple(dict.fromkeys(run.spec.language for run in runs))
    lines, apart = list[Line](), dict[str, list[Line]]()
    away = any(not rows["language"].isin(sources).all() for rows, _ in found.values())
    for name, (rows, labels) in found.items():
        abroad = rows[~rows["language"].isin(sources)] if away else rows
        if told := _measured(name, abroad, labels, len(runs)):
            lines += told
        else:
            notes.append(f"{name}: nothing to count in common{' outside ' + ', '.join(sources) if away else ''}")
        for language, own in rows.groupby("language", sort=False):
            apart.setdefault(str(language), []).extend(_measured(name, own, labels, len(runs)))
    if not lines:
        raise InputError("these runs have no scored rows in common", do="Score them in the same languages.")
    order = sorted(apart, key=lambda code: code not in sources)
    by_language = {code: tuple(apart[code]) for code in order if apart[code]}
    if _bound(lines):
        notes.append(BOUND)
    elif any(map(_bound, by_language.values())):
        notes.append(f"Language by language, on the page: {BOUND}")
    return Comparison(runs, metric, sources, tuple(lines), by_language, limits, tuple(notes))


def _bound(lines: Sequence[Line]) -> bool:
    return any(told.bound for line in lines for told in line.differences)


def _measured(name: str, rows: pd.DataFrame, labels: list[str], count: int) -> list[Line]:
    """Clean, or for an attack the same rows clean, attacked, and what it takes; nothing where a run has nothing to count."""
    points, of = (rows[[f"{what} {label}" for label in labels]].to_numpy(float) for what in ("points", "of"))
    if not of.any(0).all():
        return []
    drawn = bootstrapped(points, of, rows["language"].to_list(), rows["source"].to_list())
    eye = np.eye(len(labels))
    if len(labels) == count:
        return [_line(name, len(rows), drawn, eye)]
    clean, attacked = eye[:count], eye[count:]
    return [
        _line(f"{name}: same rows, clean", len(rows), drawn, clean),
        _line(f"{name}: attacked", len(rows), drawn, attacked),
        _line(f"{name}: {LOST}", len(rows), drawn, clean - attacked),
    ]


def _line(name: str, n: int, drawn: Bootstrapped, measures: Any) -> Line:
    values = tuple(float(drawn.observed @ weights) for weights in measures)
    return Line(name, n, values, tuple(drawn.estimate(weights - measures[0]) for weights in measures[1:]))
