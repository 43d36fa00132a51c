"""A store's scores as two tables: `cells`, a row a score and language, and `rows`, a row a score and example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adaptstilts.errors import UnknownName
from adaptstilts.store.predictions import OF_DATA, read_columns
from adaptstilts.store.store import PREDICTIONS, Store, told_records

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from adaptstilts.store.records.record import Record, ScoreRecord

TEXT, NUMBER, COUNT, FLAG, NAMES = "string", "double", "int64", "bool", "list<string>"
"""What a column holds, as Arrow calls it."""

CELL = {
    **dict.fromkeys((
        "score", "transfer", "title", "composition", "target", "challenge", "attack", "language", "metric", "exposure", "why",
    ), TEXT),
    "tasks": NAMES, "members": NAMES, "k": COUNT, "seed": COUNT, "severity": NUMBER, "budget": COUNT, "n": COUNT, "reached": COUNT,
    **dict.fromkeys((
        "value", "chance", "clean", "attacked", "worst_case", "success_rate", "queries", "edit_rate", "survival", "unknown", "blank",
    ), NUMBER),
    "source": FLAG,
}  # fmt: skip
"""One row a score and language; shares are in [0, 1]."""

ROW = {
    **dict.fromkeys(("score_key", "language", "id", "source", "prediction", "gold", "outcome", "text"), TEXT),
    **dict.fromkeys(("score", "margin", "rate"), NUMBER),
    **dict.fromkeys(("edits", "queries", "tried", "survived", "unknown", "blank"), COUNT),
}
"""One row a score and example, as in `predictions.parquet`; empty where a score has no such column."""


def schema(columns: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of a table with these columns."""
    import pyarrow as pa

    kinds = {TEXT: pa.string(), NUMBER: pa.float64(), COUNT: pa.int64(), FLAG: pa.bool_(), NAMES: pa.list_(pa.string())}
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


def cells(records: Sequence[Record]) -> pa.Table:
    """The cells of all scores among these records."""
    import pyarrow as pa

    known = {record.key: record for record in records}
    found = [
        cell for score in records if score.step == "score" for cell in _cells(score, known.get(score.spec.transfer))
    ]
    return pa.Table.from_pylist(found, schema=schema(CELL))


def rows(store: Store, scores: Sequence[ScoreRecord], *, texts: bool) -> Iterator[pa.Table]:
    """The rows of each score whose predictions are here, score by score; `OF_DATA` is empty without `texts`."""
    for score in scores:
        path = store.folder(score.key) / PREDICTIONS
        if path.is_file():
            yield _rows(path, score.key, texts)


def load_frame(store: Path | str = "runs", table: Literal["cells", "rows"] = "cells") -> pd.DataFrame:
    """A store's scores as a data frame of pandas.

    `cells` has a row a score and language: what was scored (composition, tasks, k, seed, target, attack, severity, budget),
    whether the language is the one that was trained in (`source`), the metric's `value`, and what an attack did: `clean` and `attacked`
    are the metric on the rows that it reached; shares are in [0, 1], and NaN or NA where there is none. `rows` has a row a score and
    example, `score_key` being `score` in cells. Both are the tables of `publish --results`. Records that do not read back are
    told and left out. Raises UnknownName for another table, CorruptArtefact for predictions that do not read back.
    """
    import pandas as pd
    import pyarrow as pa

    if table not in ("cells", "rows"):
        raise UnknownName("table", table, ("cells", "rows"))
    place = Store(Path(store))
    records = list(told_records(place))
    if table == "cells":
        found = cells(records)
    else:
        scores = [record for record in records if record.step == "score"]
        found = pa.concat_tables([schema(ROW).empty_table(), *rows(place, scores, texts=True)])
    frame: pd.DataFrame = found.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return frame


def _cells(score: ScoreRecord, made: Record | None) -> Iterator[dict[str, Any]]:
    spec, transfer = score.spec, made if made is not None and made.step == "transfer" else None
    composed = dict.fromkeys(("title", "composition", "tasks", "members", "seed"))
    if transfer:
        composed = {name: getattr(transfer, name) for name in composed}
    for language, found in score.scores.items():
        told = found.plain()
        yield {
            **{name: told[name] for name in CELL if isinstance(told.get(name), (int, float))},
            **composed,
            "score": score.key,
            "transfer": spec.transfer,
            "k": len(transfer.members) if transfer else 0,
            "target": score.target,
            "challenge": score.challenge,
            "attack": score.attack,
            "severity": spec.severity or None,
            "budget": spec.budget or None,
            "language": language,
            "source": transfer is not None and language == transfer.spec.language,
            "metric": score.metric,
            "value": found.metric(score.metric),
            "attacked": found.metric(score.metric) if score.attack else None,
            "exposure": score.exposure,
            "why": found.refused,
        }


def _rows(path: Path, key: str, texts: bool) -> pa.Table:
    """A score's predictions with all columns of ROW."""
    import pyarrow as pa

    table, columns, shape = read_columns(path), [], schema(ROW)
    for field in shape:
        if field.name == "score_key":
            columns.append(pa.array([key] * len(table), field.type))
        elif field.name in table.column_names and (texts or field.name not in OF_DATA):
            columns.append(table.column(field.name).cast(field.type))
        else:
            columns.append(pa.nulls(len(table), field.type))
    return pa.table(columns, schema=shape)
