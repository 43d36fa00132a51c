"""Results of a transfer or an adapter as the Hub's `model-index` has them, and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult
from huggingface_hub.repocard_data import eval_results_to_model_index

from adaptstilts.kinds import kind_of
from adaptstilts.numerals import percent
from adaptstilts.store.records.record import ScoreRecord
from adaptstilts.tasks import TASKS

Columns = dict[str, ScoreRecord]


def columns(scores: Sequence[ScoreRecord]) -> Columns:
    """The score records of one transfer by column: `clean`, then each attack and challenge set held against it.

    Where it was scored clean several times, the one with the most languages and rows counts.
    """
    cleans = [record for record in scores if not record.attack and not record.challenge]
    if not cleans:
        return {}
    clean = max(cleans, key=lambda record: (len(record.scores), sum(cells.n or 0 for cells in record.scores.values())))
    found: Columns = {"clean": clean}
    for record in scores:
        if record.attack and record.spec.clean == clean.key:
            setting = record.spec.budget or record.spec.severity or ""
            found[f"{record.attack} {setting}".strip() if record.attack in found else record.attack] = record
        elif record.challenge:
            found[record.challenge] = record
    return found


def lines(found: Columns) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the table by language, in per cent; challenge sets have their own languages."""
    if not found:
        return [], []
    clean = found["clean"]
    names = [name for name, record in found.items() if not record.challenge]
    rows = [
        [language, *(percent(found[name].score(language)) for name in names), str(cells.n)]
        for language, cells in clean.scores.items()
    ]
    for name, record in found.items():
        if record.challenge:
            for language, cells in record.scores.items():
                blank, n = [""] * (len(names) - 1), "" if cells.n is None else str(cells.n)
                rows.append([f"{language} ({name})", percent(cells.metric(record.metric)), *blank, n])
    return ["language", *names, "n"], rows


def model_index(name: str, target: str, found: Columns, pocket: bool) -> list[dict[str, Any]]:
    """`model-index` of a card: a result per language and data set, with a metric per column; scores are shares."""
    results: dict[tuple[str, str], list[EvalResult]] = {}
    splits: dict[tuple[str, str], str] = {}
    for column, record in found.items():
        of, metric = record.challenge or target, record.metric
        under = "(clean)" if record.attack is None else f"under {column}"
        for language, cells in record.scores.items():
            value = cells.metric(metric)
            if value is not None:
                split = splits.setdefault((of, language), cells.split or "test")
                result = _result(of, language, split, pocket, metric, value, under)
                results.setdefault((of, language), []).append(result)
    return _index(name, results.values())


def adapter_index(name: str, task: str, results: Mapping[str, Mapping[str, Any]], pocket: bool) -> list[dict[str, Any]]:
    """`model-index` of an adapter: its scores on held-out rows of its own task."""
    found = [
        [
            _result(task, language, "validation", pocket, metric, value, "(clean)")
            for metric, value in cells.items()
            if isinstance(value, (int, float)) and metric not in ("n", "chance")
        ]
        for language, cells in results.items()
    ]
    return _index(name, found)


def _index(name: str, results: Iterable[list[EvalResult]]) -> list[dict[str, Any]]:
    """The index, made result by result: of tasks from one data set the Hub's own function makes one result."""
    made = [each for group in results for each in eval_results_to_model_index(name, group)[0]["results"]]
    return [{"name": name, "results": made}] if made else []


def _result(task: str, language: str, split: str, pocket: bool, metric: str, value: float, under: str) -> EvalResult:
    known = TASKS.get(task) if task in TASKS else None
    source = next(iter((known.test or known.dev or known.train) if known else ()), None)
    return EvalResult(
        task_type=kind_of(known.kind).hub_task if known else "other",
        dataset_type=f"adaptstilts/pocket-{task}" if pocket else source.id if source else task,
        dataset_name=f"{task} ({'pocket lab' if pocket else 'test' if source else 'own files'})",
        dataset_config=language,
        dataset_split=split,
        metric_type=metric,
        metric_name=f"{metric} {under}",
        metric_value=round(value, 4),
    )


def source_ids(spec: Mapping[str, Any]) -> list[str]:
    """The Hub's data sets that a step's spec names."""
    data = spec.get("data")
    entries = data.get("hub", ()) if isinstance(data, Mapping) else ()
    return sorted({str(entry[0]) for entry in entries})
