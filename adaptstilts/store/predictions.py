"""Per-row predictions on disk: one parquet file beside a score's record, readable by any tool, each column of its type."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts import ids
from adaptstilts.bounds import check_rows, parse
from adaptstilts.errors import CorruptArtefact
from adaptstilts.files import replacing
from adaptstilts.kinds.kind import Prediction
from adaptstilts.store.store import PREDICTIONS

if TYPE_CHECKING:
    import pyarrow as pa

TEXTS = ("language", "id", "source", "prediction", "gold", "outcome", "text")
NUMBERS = (
    *("score", "margin", "points", "of"),
    *("edits", "rate", "queries", "goal_at", "tried", "survived", "unknown", "blank"),
)
OF_DATA = ("gold", "text")
"""Columns that hold what the data sets hold, under their licences."""
LEFT_OUT = b"adaptstilts.left_out"
"""Under this name a file without these columns holds their digest."""
NEEDED = ("language", "id", "score", "margin")
MOST = 4 << 30
"""Bytes that a file may come to in memory: some thirty million rows."""


def write_predictions(folder: Path, lines: list[dict[str, Any]]) -> Path:
    """Write the lines whole, and say where; what a line holds, and what each column means, is `work.predictions`'.

    Language, id, source, prediction and gold answer (JSON), score, margin, `points` that the row gives to the metric out of how many
    (`of`), the row's text, and what an attack did. Of no lines there are the columns that each file has; files of earlier versions
    have no gold answers, and texts of attacks alone.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with replacing(folder / PREDICTIONS) as beside:
        pq.write_table(pa.Table.from_pylist(lines) if lines else _no_lines(), beside, compression="zstd")
    return folder / PREDICTIONS


def _no_lines() -> pa.Table:
    import pyarrow as pa

    return pa.table({name: pa.array([], pa.string() if name in TEXTS else pa.float64()) for name in NEEDED})


def read_columns(path: Path, names: Iterable[str] | None = None) -> pa.Table:
    """Those of the named columns (None: all that are known) that a file of predictions has, each of its type.

    CorruptArtefact for a file that does not read back, lacks a needed column or has one of another type.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check(file)
            there = file.schema_arrow.names
            wanted = [name for name in (names or (*TEXTS, *NUMBERS)) if name in there]
            table = file.read(wanted, use_threads=False)
        table.validate(full=True)
    except (OSError, ValueError, pa.ArrowException) as error:
        do = f"Remove the folder {path.parent} and run the same command again: only this step is redone."
        raise CorruptArtefact(f"predictions do not read back ({error})", where=str(path), do=do) from error
    return table if table.column_names else _no_lines()


def check_predictions(path: Path) -> None:
    """CorruptArtefact unless the file reads through as `read_columns` would have it; no more than a part is held at once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            check_rows(file.metadata.num_rows, path.stat().st_size)
            _check(file)
            known = [name for name in (*TEXTS, *NUMBERS) if name in file.schema_arrow.names]
            for batch in file.iter_batches(columns=known, use_threads=False):
                batch.validate(full=True)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise CorruptArtefact(f"predictions do not read back ({error})", where=str(path)) from error


def _check(file: Any) -> None:
    """ValueError for a file that would come to too much, or has not the columns that predictions have."""
    import pyarrow as pa

    told, schema = file.metadata, file.schema_arrow
    size = sum(told.row_group(i).total_byte_size for i in range(told.num_row_groups))
    if max(size, told.num_rows * len(NEEDED)) > MOST:
        raise ValueError(f"{told.num_rows:,} rows of {size:,} bytes are more than a score can have")
    kinds: Mapping[str, Any] = {**dict.fromkeys(TEXTS, _is_text), **dict.fromkeys(NUMBERS, _is_number)}
    lacking = [name for name in NEEDED if name not in schema.names and (told.num_rows or schema.names)]
    if lacking or len(set(schema.names)) != len(schema.names):
        raise ValueError(f"no column {lacking[0]!r}" if lacking else "a column is there twice")
    for field in schema:
        if field.name in kinds and not (kinds[field.name](field.type) or pa.types.is_null(field.type)):
            raise ValueError(f"the column {field.name!r} holds {field.type}")


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def read_predictions(folder: Path) -> dict[tuple[str, str], Prediction]:
    """Predictions by (language, row id); CorruptArtefact if the file does not read back."""
    path = folder / PREDICTIONS
    lines = read_columns(path, (*NEEDED, "prediction")).to_pylist()
    try:
        return {
            (line["language"], line["id"]): Prediction(parse(line["prediction"]), line["score"], line["margin"])
            for line in lines
        }
    except (ValueError, KeyError, AttributeError) as error:
        do = f"Remove the folder {folder} and run the same command again: only this step is redone."
        raise CorruptArtefact(f"a prediction is no JSON ({error})", where=str(path), do=do) from error


def rows_digest(path: Path) -> str:
    """32 hex digits over the rows, whatever the file's layout; of a file that `without_texts` wrote, those of the whole one.

    They are over a digest of `OF_DATA` and one of all other columns, so that one can be left out. CorruptArtefact as `read_columns`.
    """
    table = read_columns(path)
    told = (table.schema.metadata or {}).get(LEFT_OUT, b"").decode("ascii", "replace")
    of_data = [name for name in table.column_names if name in OF_DATA]
    own = [name for name in table.column_names if name not in OF_DATA]
    parts = (_columns_digest(table, own), told if told and not of_data else _columns_digest(table, of_data))
    return hashlib.blake2b("".join(parts).encode(), digest_size=16).hexdigest()


def _columns_digest(table: pa.Table, names: Iterable[str]) -> str:
    total = hashlib.blake2b(digest_size=16)
    for name in names:
        total.update(json.dumps([name, table.column(name).to_pylist()]).encode() + b"\n")
    return total.hexdigest()


def as_told(path: Path, digest: str) -> bool:
    """Whether predictions are those of which a record tells this digest: of the rows, or, in earlier versions, of the file."""
    if ids.read_digest(path) == digest:
        return True
    try:
        return rows_digest(path) == digest
    except CorruptArtefact:
        return False


def only_with_texts(told: Mapping[str, str | None], whole: Mapping[str, Path], bare: Mapping[str, Path]) -> int:
    """How many predictions are as told with their texts only: earlier versions' digests are over the file."""
    unlike = [name for name, digest in told.items() if digest and not as_told(bare[name], digest)]
    return sum(as_told(whole[name], told[name] or "") for name in unlike)


def lacks_texts(path: Path) -> bool:
    """Whether texts and gold answers were taken out of a file of predictions; not where there is none."""
    import pyarrow.parquet as pq

    if not path.is_file():
        return False
    schema = pq.read_schema(path)
    return LEFT_OUT in (schema.metadata or {}) and not {*OF_DATA} & {*schema.names}


def without_texts(path: Path, target: Path) -> Path:
    """Write predictions without texts and gold answers to `target`, with the digest of these; CorruptArtefact as `read_columns`."""
    import pyarrow.parquet as pq

    table = read_columns(path)
    of_data = [name for name in table.column_names if name in OF_DATA]
    target.parent.mkdir(parents=True, exist_ok=True)
    if not of_data:
        return Path(shutil.copyfile(path, target))
    told = {**(table.schema.metadata or {}), LEFT_OUT: _columns_digest(table, of_data).encode()}
    pq.write_table(table.drop_columns(of_data).replace_schema_metadata(told), target, compression="zstd")
    return target
