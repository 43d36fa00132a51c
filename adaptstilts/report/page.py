"""One cell as one HTML page: a file that needs no network, no script and no other file, made from records alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from adaptstilts.attacks import ATTACKS
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.experiments.store import writing
from adaptstilts.report.bars import bars
from adaptstilts.report.cell import Table, mean, table

FILE = "page.html"
FELL = 2 / 3
"""A score below this share of the clean one is marked, as in the terminal."""
PARTS = {
    "backbone": "backbone",
    "adapters": "intermediate adapters",
    "fusion": "fusion",
    "target_adapter": "target adapter",
    "head": "target head",
    "trainable": "trained in this step",
    "total": "total",
}
COUNTED = frozenset({"accuracy", "retrieval_accuracy"})
"""Metrics that are a share of rows, whose sampling error is the binomial one."""


@dataclass(frozen=True)
class Hit:
    """What an attack did in one language, shares in [0, 1] over the rows it reached; None where there is no number.

    `clean` and `attacked` are the metric on the same rows; `worst_case` counts a row's worse answer of the two; `queries` are
    per row. `reason` says why there are no numbers.
    """

    language: str
    n: int | None = None
    reached: int | None = None
    clean: float | None = None
    attacked: float | None = None
    worst_case: float | None = None
    success_rate: float | None = None
    edit_rate: float | None = None
    queries: float | None = None
    reason: str = ""


def write_page(
    folder: Path, transfer: Mapping[str, Any], scores: Sequence[Mapping[str, Any]], command: str = ""
) -> Path:
    """Write `page.html` into the transfer's folder in the store, whole or not at all, and return its path.

    `scores` are the transfer's score records, clean first; `command` is what was typed. Links to records are relative, so
    the store can be moved. EnvironmentProblem if it cannot be written.
    """
    path = folder / FILE
    scratch = path.with_name(f".{FILE}.{os.getpid()}")
    text = page(transfer, scores, command)
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    return path


def page(transfer: Mapping[str, Any], scores: Sequence[Mapping[str, Any]], command: str = "") -> str:
    """The page's HTML; every text that comes from a record is escaped."""
    shown = table(transfer, scores)
    abroad = [language for language in shown.scores if language != shown.source]
    chance = mean([shown.majority[language] for language in abroad])
    return _template().render(
        transfer=transfer,
        scores=scores,
        table=shown,
        abroad=abroad,
        chance=chance,
        meanings=_meanings(transfer),
        spread=_spread(shown),
        lowest=_lowest(shown),
        fell=_fell,
        summary=COMPOSITIONS.get(transfer["composition"]).summary if transfer["composition"] in COMPOSITIONS else "",
        overview=bars(f"mean without {shown.source}", shown.columns, shown.mean, chance, 300) if abroad else None,
        panels=[bars(name, shown.columns, cells, shown.majority[name], 190) for name, cells in shown.scores.items()],
        attacks=[_attack(record, shown) for record in scores[1:]],
        parts=[(PARTS.get(part, part.replace("_", " ")), number) for part, number in transfer["parts"].items()],
        training=list(_training(transfer)),
        costs=_costs(transfer, scores),
        adapters=list(_adapters(transfer)),
        provenance=list(_provenance(transfer, scores)),
        files=list(_files(transfer, scores)),
        spec=json.dumps(transfer["spec"], indent=1, ensure_ascii=False),
        command=command,
    )


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).with_name("templates"))
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(percent=_percent, number=_number, said=_said)
    return environment.get_template("page.html.j2")


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:.1f}"


def _number(value: float | None, digits: int = 0) -> str:
    return "n/a" if value is None else f"{value:,.{digits}f}"


def _said(value: Any) -> str:
    """A value of a record as text: words as they are, nothing as n/a, names before what they name, the rest as JSON."""
    if value is None:
        return "n/a"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_said(inner)}" for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return (", " if any(isinstance(inner, (list, tuple)) for inner in value) else " ").join(map(_said, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fell(score: float | None, clean: float | None) -> bool:
    return score is not None and clean is not None and score < clean * FELL


def _meanings(transfer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the numbers can and cannot say, as (heading, sentence)."""
    provenance, found = transfer["provenance"], []
    if str(provenance["config"]).startswith("pocket") or "pocket" in transfer["spec"].get("data", ""):
        found.append((
            "Pocket lab: generated languages, a tiny encoder.",
            "These numbers show whether the method works as built. They say nothing about human languages, and nothing about "
            "whether more intermediate tasks cost robustness there.",
        ))  # fmt: skip
    if provenance["backbone"].get("init") == "random":
        found.append((
            "The backbone is randomly initialised.",
            "These scores mean nothing beyond a pipeline that runs: no model of that name would score like this.",
        ))  # fmt: skip
    if not found:
        found.append((
            "One cell, one seed.",
            "These numbers describe this one run. Whether more intermediate tasks cost robustness takes many orders and seeds; one "
            "run cannot say.",
        ))  # fmt: skip
    return found


def _spread(shown: Table) -> tuple[int, float] | None:
    """Rows a language, and how far chance in drawing rows alone moves a clean share near one half (1.96 standard errors)."""
    rows = shown.rows[shown.columns[0]]
    return (rows, 1.96 * (0.25 / rows) ** 0.5) if shown.metric in COUNTED and rows else None


def _lowest(shown: Table) -> tuple[str, float] | None:
    """The attack with the lowest mean abroad."""
    known = [(mean, column) for column in shown.columns[1:] if (mean := shown.mean[column]) is not None]
    return (min(known)[1], min(known)[0]) if known else None


def _attack(record: Mapping[str, Any], shown: Table) -> dict[str, Any]:
    """One attack by language, and over the languages other than the source."""
    name = record["attack"]
    hits = [_hit(language, found, shown.metric) for language, found in record["scores"].items()]
    abroad = [hit for hit in hits if hit.language != shown.source]
    total = Hit(
        language=f"mean without {shown.source}",
        n=sum(hit.n or 0 for hit in abroad),
        reached=sum(hit.reached or 0 for hit in abroad),
        clean=mean([hit.clean for hit in abroad]),
        attacked=mean([hit.attacked for hit in abroad]),
        worst_case=mean([hit.worst_case for hit in abroad]),
        success_rate=mean([hit.success_rate for hit in abroad]),
        edit_rate=mean([hit.edit_rate for hit in abroad]),
        queries=mean([hit.queries for hit in abroad]),
    )
    return {"name": name, "summary": ATTACKS.get(name).summary if name in ATTACKS else "", "hits": hits, "total": total}


def _hit(language: str, found: Mapping[str, Any], metric: str) -> Hit:
    same = ("n", "reached", "clean", "worst_case", "success_rate", "edit_rate", "queries")
    known: dict[str, Any] = {key: found.get(key) for key in same}
    return Hit(language, attacked=found.get(metric), reason=str(found.get("n/a", "")), **known)


def _training(transfer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    training = transfer.get("training")
    if not training:
        yield "training", "nothing is trained for this target"
        return
    yield "training rows", f"{_number(training['examples'])} in {transfer['spec']['language']}"
    yield "origin of the rows", _said(training["origin"])
    for key, label in (
        ("steps", "optimizer steps"),
        ("tokens", "tokens seen"),
        ("truncated", "inputs cut to the length limit"),
    ):
        if key in training:
            yield label, _number(training[key])
    if training.get("loss"):
        (_, first), (_, last) = training["loss"][0], training["loss"][-1]
        yield "loss", f"{first:.3f} at first, {last:.3f} at the end"
    if training.get("peak_memory"):
        yield "peak memory", f"{training['peak_memory'] / 2**20:,.0f} MiB"


def _costs(transfer: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Seconds by step."""
    found = [(str(record["title"]), float(record["cost"]["seconds"])) for record in (transfer, *scores)]
    return [*found, ("sum", sum(seconds for _, seconds in found))]


def _adapters(transfer: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Each adapter inside with its digest and, where it was trained in this store, the way to its record."""
    for task, origin in zip(transfer["tasks"], transfer["spec"].get("adapters", ()), strict=True):
        trained = isinstance(origin, str)
        yield {"task": task, "digest": transfer["adapters"][task], "link": _link(origin) if trained else ""}


def _provenance(transfer: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """What the record says of its origin, line by line, and where the scores' records say otherwise."""
    own = transfer["provenance"]
    for key, value in own.items():
        if key == "packages":
            yield key, ", ".join(f"{name} {_said(version)}" for name, version in value.items())
        elif key == "dirty":
            yield "uncommitted changes", {True: "yes", False: "no"}.get(value, "n/a")
        else:
            yield key, _said(value)
    for record in scores:
        other = sorted(key for key, value in record["provenance"].items() if value != own.get(key))
        if other:
            yield (
                f"differs for {record['title']}",
                "; ".join(f"{key}: {_said(record['provenance'][key])}" for key in other),
            )


def _files(transfer: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    yield {"title": transfer["title"], "key": transfer["key"], "record": _link(transfer["key"]), "predictions": ""}
    for record in scores:
        key = record["key"]
        yield {
            "title": record["title"],
            "key": key,
            "record": _link(key),
            "predictions": _link(key, "predictions.parquet"),
        }


def _link(key: str, file: str = "record.json") -> str:
    """The way to a step's file from another step's folder."""
    return f"../{quote(str(key), safe='')}/{file}"
