"""What a reader must know beside the numbers of a cell, as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from adaptstilts.numerals import first_of
from adaptstilts.report.caveats import unlearnt
from adaptstilts.report.cell.columns import ScoreColumn, ScoreColumns
from adaptstilts.steps.step import DRAWN
from adaptstilts.store.records.record import ScoreRecord, TransferRecord

SHOWN = 6
"""So many classes are told by name."""


def notes(transfer: TransferRecord, columns: ScoreColumns) -> tuple[str, ...]:
    """Stand-ins, an untrained backbone, seen data, other splits, cut inputs, attacks that do not apply or were not tried everywhere."""
    clean = columns.clean.whole
    found = [f"{task} was trained on {other} in its place" for task, other in transfer.standins.items()]
    if transfer.provenance.backbone.init == "random":
        found.append("the backbone is randomly initialised: these scores say nothing about the model of that name")
    found += [f"{heading} {sentence}" for heading, sentence in unlearnt(transfer, clean)]
    if transfer.origin:
        found.append(f"the transfer was trained elsewhere and pulled from {transfer.origin}; its scores are made here")
    if clean.exposure == "unknown":
        found.append(
            "an adapter from elsewhere does not say what it was trained on: it may have seen the target's data"
        )
    elif clean.exposure != "unseen":
        found.append(f"the target's data are {clean.exposure!r} to these adapters")
    for part in columns.clean.parts:
        found += _of_rows(part, "")
    for column in columns.challenged:
        record = column.whole
        for part in column.parts:
            found += _of_rows(part, f"{record.challenge}: ")
        if record.exposure != "unseen":
            found.append(f"{record.challenge}: its data are {record.exposure!r} to these adapters")
    for column in columns.attacked:
        found += _refusals(column.whole)
        found += _gaps(column, clean)
    if columns.hidden:
        keys = ", ".join(record.key for record in columns.hidden)
        found.append(f"scores of the same over fewer rows, or clean under other limits, stand in no table: {keys}")
    found += transfer.notes
    return tuple(dict.fromkeys(found))


def _of_rows(record: ScoreRecord, prefix: str) -> Iterator[str]:
    """Rows of another split than test, and inputs that were cut."""
    scores = record.scores
    other = sorted(language for language, cells in scores.items() if cells.split != "test")
    if other:
        splits = ", ".join(sorted({str(scores[language].split) for language in other}))
        yield f"{prefix}scored on {splits} rows for want of a test split: {', '.join(other)}"
    bound = record.spec.rows if record.spec.version >= DRAWN else None
    if bound and any((found.n or 0) >= bound for found in scores.values()):
        yield f"{prefix}{_drawn(record)}"
    cut = sum(cells.truncated for cells in scores.values())
    if cut:
        yield f"{prefix}{cut} inputs were cut to the length limit"


def _drawn(record: ScoreRecord) -> str:
    """How many rows were drawn, and of which classes: of each language where they have the same ones, else of all together."""
    counts = [found.classes for found in record.scores.values() if found.classes]
    told = f"{record.spec.rows} rows a language at most, drawn by their ids"
    if not counts:
        return told
    same = all(one == counts[0] for one in counts)
    summed = Counter(counts[0]) if same else sum(map(Counter, counts), Counter[str]())
    named = first_of([f"{label} {count:,}" for label, count in summed.most_common()], SHOWN)
    return f"{told}; {'in each' if same else 'in all'}: {named}"


def _gaps(column: ScoreColumn, clean: ScoreRecord) -> Iterator[str]:
    """Where an attack was not tried."""
    tried = [language for language in clean.scores if language in column.whole.scores]
    if len(tried) < len(clean.scores):
        yield f"{column.name}: tried in {', '.join(tried)} alone"


def _refusals(record: ScoreRecord) -> Iterator[str]:
    """Why an attack has no number, each reason once with its languages."""
    reasons: dict[str, list[str]] = {}
    for language, cells in record.scores.items():
        if cells.refused:
            reasons.setdefault(cells.refused, []).append(language)
    for reason, languages in reasons.items():
        where = "" if len(languages) == len(record.scores) else f" in {', '.join(languages)}"
        yield f"{record.attack}: n/a{where} ({reason})"
