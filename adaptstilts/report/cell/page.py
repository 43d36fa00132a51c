"""One cell as one HTML page: a file that needs no network, no script and no other file, made from records alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import CorruptArtefact
from adaptstilts.files import write_whole
from adaptstilts.report.caveats import caveats, unlearnt
from adaptstilts.report.cell.columns import ScoreColumns, columns_of
from adaptstilts.report.cell.drawings import Attention, attention, bars
from adaptstilts.report.cell.intervals import cost_intervals
from adaptstilts.report.cell.table import Table, mean, table_of
from adaptstilts.report.cell.transfer import adapters, forgetting, link, parts, training
from adaptstilts.report.edited import ATTACKS, EditedText, edited_texts, withheld
from adaptstilts.report.encoder import named
from adaptstilts.report.templates import template
from adaptstilts.report.text import said
from adaptstilts.store.records.record import ScoreRecord, TransferRecord

FILE = "page.html"
FELL = 2 / 3
"""A score below this share of the clean one is marked, as in the terminal."""
COUNTED = frozenset({"accuracy", "retrieval_accuracy"})
"""Metrics that are a share of rows, whose sampling error is the binomial one."""


def write_page(folder: Path, transfer: TransferRecord, scores: Sequence[ScoreRecord], command: str = "") -> Path:
    """Write `page.html` into the transfer's folder in the store, whole or not at all, and return its path.

    `scores` are the transfer's score records, at least one clean; `command` is what was typed. Links to records are relative, so
    the store can be moved. EnvironmentProblem if it cannot be written.
    """
    return write_whole(folder / FILE, page(transfer, scores, command, folder.parent))


def page(transfer: TransferRecord, scores: Sequence[ScoreRecord], command: str = "", steps: Path | None = None) -> str:
    """The page's HTML; every text that comes from a record is escaped. Intervals come from prediction files below `steps`."""
    found = columns_of(scores)
    shown, clean = table_of(transfer, found), found.clean.whole
    abroad = [language for language in shown.scores if language != shown.source]
    chance = mean([shown.majority[language] for language in abroad])
    return template("page.html.j2").render(
        transfer=transfer,
        table=shown,
        links={column.name: link(column.widest.key) for column in found.shown},
        abroad=abroad,
        chance=chance,
        backbone=named(transfer.provenance.backbone),
        limits=_limits(transfer, clean),
        spread=_spread(shown),
        lowest=_lowest(shown),
        fell=_fell,
        summary=COMPOSITIONS.get(transfer.composition).summary if transfer.composition in COMPOSITIONS else "",
        **_drawings(shown, chance if abroad else None),
        attention=_attention(transfer, clean),
        parts=parts(transfer),
        forgetting=forgetting(transfer),
        training=list(training(transfer)),
        costs=_costs(transfer, scores),
        sampled=_sampled(shown, found, steps),
        examples=_edited(found, steps),
        withheld=_withheld(found),
        adapters=list(adapters(transfer)),
        provenance=list(_provenance(transfer, scores)),
        files=list(_files(transfer, scores)),
        spec=_json(transfer.spec.plain()),
        settings=_json(transfer.provenance.settings),
        command=command,
    )


def _fell(score: float | None, clean: float | None) -> bool:
    return score is not None and clean is not None and score < clean * FELL


def _drawings(shown: Table, chance: float | None) -> dict[str, Any]:
    """Bars of the mean abroad (None where no other language was scored) and of each language."""
    title = f"{shown.metric} in per cent, "
    abroad = f"mean without {shown.source}"
    overview = None if chance is None else bars("bars-mean", title + abroad, shown.mean, chance, 300)
    panels = {
        language: bars(f"bars-{place}", title + language, cells, shown.majority[language], 190)
        for place, (language, cells) in enumerate(shown.scores.items(), 1)
    }
    return {"overview": overview, "panels": panels}


def _attention(transfer: TransferRecord, clean: ScoreRecord) -> Attention | None:
    """What fusion or a gate gave to its members, where a clean score tells; numbered if neither record names just them."""
    width = max((len(row) for weights in clean.attention.values() for row in weights if row), default=0)
    if not width:
        return None
    named = (clean.members, transfer.members)
    fitting = [names for names in named if len(names) == width]
    return attention(clean.attention, fitting[0] if fitting else [f"adapter {n + 1}" for n in range(width)])


def _limits(transfer: TransferRecord, clean: ScoreRecord) -> list[tuple[str, str]]:
    """What the numbers can and cannot say, as (heading, sentence)."""
    alone = (
        "One cell, one seed.",
        "These numbers describe this one run. Whether more intermediate tasks cost robustness takes many orders and seeds; one "
        "run cannot say; a sweep can, and `adaptstilts report` judges it.",
    )
    return [*unlearnt(transfer, clean), *(caveats(transfer, clean) or [alone])]


def _spread(shown: Table) -> tuple[int, float] | None:
    """Rows a language, and how far chance in drawing rows alone moves a clean share near one half (1.96 standard errors)."""
    rows = shown.rows[shown.columns[0]]
    return (rows, 1.96 * (0.25 / rows) ** 0.5) if shown.metric in COUNTED and rows else None


def _lowest(shown: Table) -> tuple[str, float] | None:
    """The attack with the lowest mean abroad."""
    known = [(score, column) for column in shown.columns[1:] if (score := shown.mean[column]) is not None]
    return (min(known)[1], min(known)[0]) if known else None


def _costs(transfer: TransferRecord, scores: Sequence[ScoreRecord]) -> list[tuple[str, float]]:
    """Seconds by step."""
    found = [(transfer.title, transfer.cost.seconds), *((score.title, score.cost.seconds) for score in scores)]
    return [*found, ("sum", sum(seconds for _, seconds in found))]


def _sampled(shown: Table, found: ScoreColumns, steps: Path | None) -> dict[str, str]:
    """The cost of each column's attack with its interval over rows, where the metric is a share of rows."""
    if steps is None or shown.metric not in COUNTED:
        return {}
    try:
        costs = cost_intervals(steps, found.attacked, shown.source)
    except CorruptArtefact:
        return dict.fromkeys(shown.columns[1:], "rows do not read back")
    return {name: "{:+.2f} ({:+.2f} to {:+.2f})".format(*cost) for name, cost in costs.items()}


def _withheld(found: ScoreColumns) -> str:
    """Why no attacked text is shown; empty where they may be."""
    return next((why for column in found.attacked for part in column.parts if (why := withheld(part))), "")


def _edited(found: ScoreColumns, steps: Path | None) -> list[tuple[EditedText, str]]:
    """A few texts that each attack turned, with the ways to their records; none where they may not be shown."""
    if steps is None or _withheld(found):
        return []
    texts = [
        text
        for column in found.attacked[:ATTACKS]
        for part in column.parts
        for text in edited_texts(steps, column.name, part, part.scores)
    ]
    return [(text, link(text.key)) for text in texts]


def _provenance(transfer: TransferRecord, scores: Sequence[ScoreRecord]) -> Iterator[tuple[str, str]]:
    """What the record says of its origin, line by line, and where the scores' records say otherwise."""
    own = transfer.provenance.plain()
    for key, value in own.items():
        if key == "packages":
            yield key, ", ".join(f"{name} {said(version)}" for name, version in value.items())
        elif key == "dirty":
            yield "uncommitted changes", {True: "yes", False: "no"}.get(value, "n/a")
        elif key != "settings":
            yield key, said(value)
    for record in scores:
        other = "; ".join(_differences(record.provenance.plain(), own))
        if other:
            yield f"differs for {record.title}", other


def _differences(found: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    """What a record's provenance says that the transfer's does not; of settings, the sections only."""
    for key in sorted(found):
        if key == "settings":
            changed = [name for name, value in found[key].items() if value != own.get(key, {}).get(name)]
            yield from [f"settings: {', '.join(changed)}"] if changed else []
        elif found[key] != own.get(key):
            yield f"{key}: {said(found[key])}"


def _json(value: Any) -> str:
    """A value as indented JSON; empty for none."""
    return "" if value is None else json.dumps(value, indent=1, ensure_ascii=False)


def _files(transfer: TransferRecord, scores: Sequence[ScoreRecord]) -> Iterator[dict[str, str]]:
    yield {"title": transfer.title, "key": transfer.key, "record": link(transfer.key), "predictions": ""}
    for record in scores:
        there = {"record": link(record.key), "predictions": link(record.key, "predictions.parquet")}
        yield {"title": record.title, "key": record.key, **there}
