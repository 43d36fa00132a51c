"""One cell as numbers: a transfer's scores by language and attack, read from its records alone."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """Scores in [0, 1] by language and column; the first column is clean, the others are attacks.

    `scores[language][column]` is None where an attack does not apply. `mean` leaves the source language out; `clean` is the same
    mean without attack over the very rows that the column's attack reached. `majority` is the score of the best constant or
    random answer, by language.
    """

    title: str
    metric: str
    source: str
    columns: tuple[str, ...]
    scores: Mapping[str, Mapping[str, float | None]]
    mean: Mapping[str, float | None]
    clean: Mapping[str, float | None]
    majority: Mapping[str, float]
    rows: Mapping[str, int]
    notes: tuple[str, ...]


def table(transfer: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> Table:
    """The table of one transfer's record and its score records, clean first."""
    clean = scores[0]
    metric = str(clean["metric"])
    source = str(transfer["spec"]["language"])
    columns = _columns(scores)
    languages = list(clean["scores"])
    cells = {
        language: {
            column: record["scores"][language].get(metric) for column, record in zip(columns, scores, strict=True)
        }
        for language in languages
    }
    abroad = [language for language in languages if language != source]
    return Table(
        title=str(transfer["title"]),
        metric=metric,
        source=source,
        columns=columns,
        scores=cells,
        mean={column: mean([cells[language][column] for language in abroad]) for column in columns},
        clean={
            column: mean([record["scores"][language].get("clean") for language in abroad])
            for column, record in zip(columns, scores, strict=True)
        },
        majority={language: clean["scores"][language]["chance"] for language in languages},
        rows={
            column: max((s.get("reached", s.get("n", 0)) for s in record["scores"].values()), default=0)
            for column, record in zip(columns, scores, strict=True)
        },
        notes=tuple(_notes(transfer, scores)),
    )


def _columns(scores: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The attacks by name; those that stand there twice carry what sets them apart."""
    names = [str(record["attack"] or "clean") for record in scores]
    settings = [record["spec"].get("severity") or record["spec"].get("budget", "") for record in scores]
    return tuple(
        f"{name} {setting}" if names.count(name) > 1 else name for name, setting in zip(names, settings, strict=True)
    )


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of the values that are there; None if none is."""
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _notes(transfer: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> list[str]:
    notes = []
    clean = scores[0]["scores"]
    other = sorted(language for language, s in clean.items() if s["split"] != "test")
    if other:
        splits = ", ".join(sorted({clean[language]["split"] for language in other}))
        notes.append(f"scored on {splits} rows for want of a test split: {', '.join(other)}")
    cut = sum(s["truncated"] for s in clean.values())
    if cut:
        notes.append(f"{cut} inputs were cut to the length limit")
    for record in scores[1:]:
        reasons = {s["n/a"] for s in record["scores"].values() if "n/a" in s}
        notes += [f"{record['attack']}: n/a in some languages ({reason})" for reason in sorted(reasons)]
    exposure = scores[0]["exposure"]
    if exposure != "unseen":
        notes.append(f"the target's data are {exposure!r} to these adapters")
    if transfer["provenance"]["backbone"].get("init") == "random":
        notes.append("the backbone is randomly initialised: these scores say nothing about the model of that name")
    return notes
