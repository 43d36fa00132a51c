"""Scores counted again from the predictions that they are said to be of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adaptstilts.metrics.bucc import best_threshold, kept, pair_scores
from adaptstilts.metrics.checklist import error_rates
from adaptstilts.statistics.estimands import RIGHT
from adaptstilts.store.predictions import read_columns
from adaptstilts.store.records.numbers import Scores
from adaptstilts.store.records.record import ScoreRecord

COLUMNS = (
    *("language", "id", "score", "points", "of"),
    *("outcome", "rate", "queries", "tried", "survived", "unknown", "blank"),
)
NAMES = ("n", "reached", "clean", "worst_case", "success_rate", "queries", "edit_rate", "survival", "unknown", "blank")
"""What is counted again beside the metric."""
MEANS = frozenset({"accuracy", "squad_f1", "mlqa_f1"})
"""Metrics that are the mean of the rows' scores, also where a file does not say what rows give to the metric."""
SUMS = MEANS | {"chunk_f1", "token_accuracy", "map_at_20", "retrieval_accuracy"}
PAIRED = frozenset({"bucc_f1"})
"""Metrics that take the pairs themselves."""
SEARCHING = frozenset({"bucc_f1", "map_at_20", "retrieval_accuracy"})
"""Metrics of tasks some of whose rows ask nothing."""
TOLERANCE = 1e-9
"""What adding in another order makes of a score; there is no other reason for a difference."""

Rows = Mapping[str, NDArray[Any]]
"""Columns by name, each with a value a row."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Predicted:
    """The predictions of a score, column by column; `places` finds the line of a language's row, `of` the lines of a language."""

    rows: Rows
    places: Mapping[tuple[str, str], int]
    of: Mapping[str, NDArray[np.intp]]

    @classmethod
    def read(cls, path: Path, metric: str) -> Predicted:
        """CorruptArtefact for a file that does not read back, ValueError for one that names a row twice."""
        names = [*COLUMNS, *(("prediction",) if metric in PAIRED else ())]
        table = read_columns(path, names)
        rows = {name: column.to_numpy() for name, column in zip(table.column_names, table.columns, strict=True)}
        places = {place: i for i, place in enumerate(zip(rows["language"], rows["id"], strict=True))}
        if len(places) < len(table):
            raise ValueError("a row stands there twice")
        languages = dict.fromkeys(rows["language"])
        return cls(rows, places, {code: np.flatnonzero(rows["language"] == code) for code in languages})

    def take(self, lines: NDArray[np.intp]) -> Rows:
        return {name: column[lines] for name, column in self.rows.items()}


def main_metric(metric: str, rows: Rows) -> float | None:
    """The metric over these rows; None where their predictions do not tell it."""
    if metric in MEANS and "of" not in rows:
        return float(np.mean(rows["score"]))
    if metric == "pass_rate":
        tests = (str(name).split("-", 2) for name in rows["id"])
        cases = [(test, case, score > 0) for (test, case, *_), score in zip(tests, rows["score"], strict=True)]
        return error_rates(cases)["pass_rate"]
    if "of" not in rows:
        return None
    if metric in PAIRED:
        return _mined(rows)
    of = float(np.sum(rows["of"]))
    return (float(np.sum(rows["points"])) / of if of else 0.0) if metric in SUMS else None


def _mined(rows: Rows) -> float:
    """`bucc_f1`: a right pair is one of its row's gold pairs, and the other gold pairs are found by nobody."""
    gold: set[tuple[int, int]] = set()
    pairs = []
    for i, (said, score, of) in enumerate(zip(rows["prediction"], rows["score"], rows["of"], strict=True)):
        value = json.loads(said)
        right = value is not None and score > 0
        gold |= {(i, 0)} if right else set()
        gold |= {(i, -1 - other) for other in range(int(of) - right)}
        if value is not None:
            pairs.append((float(value[1]), i, 0 if right else 1))
    return pair_scores(kept(pairs, best_threshold(pairs, gold)), gold)["f1"] if gold else 0.0


def disagreement(record: ScoreRecord, own: Predicted, clean: Predicted | None) -> str | None:
    """What of a record is not what its predictions say, in words; empty where all is, None where they do not tell its metric.

    `clean` are the predictions that an attack is held against.
    """
    found = 0
    for language, scores in record.scores.items():
        if scores.metric(record.metric) is None:
            continue
        lines = own.of.get(language, np.array([], np.intp))
        numbers = (
            _attacked(record.metric, own, lines, clean) if record.attack else _clean(record.metric, own.take(lines))
        )
        for name, said, counted in _compared(record.metric, scores, numbers):
            if said is not None and counted is not None:
                found += name == record.metric
                if abs(said - counted) > TOLERANCE * max(1.0, abs(said)):
                    return f"{name} in {language} is {said:.6g}, and {counted:.6g} by its predictions"
    return "" if found else None


def _compared(
    metric: str, scores: Scores, numbers: Mapping[str, float | None]
) -> Iterator[tuple[str, float | None, float | None]]:
    """What the record says and what was counted, by name."""
    yield metric, scores.metric(metric), numbers["metric"]
    yield from ((name, getattr(scores, name), numbers.get(name)) for name in NAMES)


def _clean(metric: str, rows: Rows) -> dict[str, float | None]:
    asking: int | None = len(rows["id"])
    if metric in SEARCHING:
        asking = int(np.sum(rows["of"] > 0)) if "of" in rows else None
    return {"metric": main_metric(metric, rows) if len(rows["id"]) else None, "n": asking}


def _attacked(metric: str, own: Predicted, lines: NDArray[np.intp], clean: Predicted | None) -> dict[str, float | None]:
    """The numbers of an attack in one language, over the rows that it reached."""
    if "outcome" not in own.rows:
        raise ValueError("they say nothing of an attack")
    every = own.take(lines)
    reached = every["outcome"] != "noop"
    after = {name: column[reached] for name, column in every.items()}
    found: dict[str, float | None] = {"n": len(lines), "reached": int(reached.sum()), "metric": None}
    if not reached.any():
        return found
    found |= {"metric": main_metric(metric, after), **_effort(every, after)}
    at = [clean.places.get(place, -1) for place in zip(after["language"], after["id"], strict=True)] if clean else [-1]
    if clean is None or -1 in at:
        return found
    before = clean.take(np.array(at))
    lower, right = after["score"] < before["score"], before["score"] >= RIGHT
    found["clean"] = main_metric(metric, before)
    found["worst_case"] = main_metric(metric, _worse(after, before, lower))
    found["success_rate"] = float(np.sum(right & (after["score"] < RIGHT)) / right.sum()) if right.any() else None
    return found


def _worse(after: Rows, before: Rows, lower: Mask) -> Rows:
    """Each row at its worse of the two, in its own place: where pairs are mined, of equal ones the first counts."""
    shared = [name for name in ("id", "score", "points", "of", "prediction") if name in after and name in before]
    return {name: np.where(lower, after[name], before[name]) for name in shared}


def _effort(every: Rows, after: Rows) -> dict[str, float | None]:
    """What an attack took and did; only what the file tells."""
    found: dict[str, float | None] = {}
    edited = after["outcome"] == "edited"
    if "queries" in after:
        found["queries"] = float(np.mean(after["queries"]))
    if "rate" in after:
        found["edit_rate"] = float(np.mean(after["rate"][edited])) if edited.any() else 0.0
    for name, column in (("survival", "survived"), ("unknown", "unknown"), ("blank", "blank")):
        if "tried" in every and column in every:
            counts = every[column].astype(float)  # NaN where nobody counted
            tried = int(np.sum(every["tried"], where=np.isfinite(counts)))
            found[name] = int(np.nansum(counts)) / tried if tried else None
    return found
