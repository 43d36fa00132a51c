"""Published scores beside a store's own: numbers with the page that states them, never one from memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pandas as pd

from adaptstilts.metrics.benchmarks import BENCHMARKS
from adaptstilts.numerals import percent
from adaptstilts.report.overview.grids import Grid, Link, TableCell, row
from adaptstilts.report.overview.tables import anchor

XTREME = "xtreme"


@dataclass(frozen=True)
class PublishedScores:
    """One model's row: scores in per cent by target, the paper, and the page that the numbers were read from."""

    model: str
    paper: str
    source: str
    scores: Mapping[str, float]


@lru_cache(maxsize=1)
def published() -> tuple[PublishedScores, ...]:
    """Every row of the package's files, by file and in their order."""
    import yaml

    folder = files("adaptstilts.report") / "published"
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".yaml"))
    return tuple(
        PublishedScores(**row) for name in names for row in yaml.safe_load((folder / name).read_text(encoding="utf-8"))
    )


def comparison(frame: Any, link: Link, *, generated: bool) -> Grid:
    """Published rows and below them ours, a column per target; ours only where every language of the benchmark is scored.

    `generated` says that the store's rows are the pocket lab's, which no published score compares with.
    """
    own = pd.DataFrame() if generated else _own(frame)
    targets = [part.task for part in BENCHMARKS[XTREME].parts if any(part.task in each.scores for each in published())]
    lines = [
        row(each.model, *(_score(each.scores.get(target)) for target in targets), f"{each.paper}; {each.source}")
        for each in published()
    ]
    most = int(frame.clean["n"].max()) if len(frame.clean) else 0
    for ours in own.to_dict("records"):
        told = f"this store, mean over models; at most {most:,} rows a language"
        scores = [_linked(ours, target) for target in targets]
        lines.append(row(f"ours: {ours['composition']}, k = {ours['k']:g}", *scores, told))
    if generated:
        note = "The pocket lab's languages are generated, so that none of its scores stands beside these."
    elif own.empty:
        note = "No target of this store has all of the benchmark's languages and rows, so that none of its scores stands beside these."
    else:
        note = "Ours: mean over the benchmark's languages, English included; a published score compares only where all rows were scored."
    caption = f"XTREME, test, per cent, English included; answers by F1, tags by F1, pairs by accuracy. {note}"
    return Grid("published", "Published scores", caption, ("model", *targets, "source"), lines, (0, len(targets) + 1))


def _own(frame: Any) -> pd.DataFrame:
    """Mean scores by (composition, k) and target, where all of the benchmark's languages were scored by the model."""
    clean = frame.clean[frame.clean["comparable"].astype(bool) & (frame.clean["role"] == "k")]
    lines = []
    for (target, composition, k, transfer), group in clean.groupby(
        ["target", "composition", "k", "transfer"], observed=True
    ):
        part = BENCHMARKS[XTREME].part(str(target))
        wanted = set(part.languages) if part else {""}
        kept = group[group["language"].isin(wanted)]
        if part and wanted == set(kept["language"]):
            lines.append((composition, k, target, transfer, float(kept["value"].mean())))
    found = pd.DataFrame(lines, columns=["composition", "k", "target", "transfer", "score"])
    if found.empty:
        return found
    return found.pivot_table(index=["composition", "k"], columns="target", values="score").reset_index()


def _linked(ours: Mapping[Any, Any], target: str) -> TableCell:
    value = ours.get(target)
    if value is None or pd.isna(value):
        return TableCell("")
    return TableCell(percent(value), f"#{anchor(target, 'k', ours['composition'], ours['k'])}")


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
