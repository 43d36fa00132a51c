"""Rows that a program holds become a user's own file, so that any step finds them, in any process and on any day."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts.data.files.records import Records, of_list
from adaptstilts.data.labels import checked
from adaptstilts.data.load import check_split, load
from adaptstilts.data.sources.folder import FolderSource
from adaptstilts.errors import InputError, RowError
from adaptstilts.files import write_whole
from adaptstilts.tasks import TASKS

if TYPE_CHECKING:
    from pandas import DataFrame


def put_rows(
    folder: Path | str, task: str, split: str, language: str, rows: Iterable[Mapping[str, Any]] | DataFrame
) -> Path:
    """Write one split and language of a task as `folder/TASK/LANGUAGE/SPLIT.jsonl`, and say where.

    `rows` are a `datasets.Dataset`, a data frame of pandas or dictionaries, in the kind's columns or in those of the data set that
    the task names.
    A config reads them with `data.source=folder`; what decides keys is what is in them. Nothing is written unless every row
    obeys the kind's law. Raises UnknownName, RowError (the first bad row), DataMissing (no rows), and InputError for
    label names that are not the task's and for values that are no JSON.
    """
    if not language.replace("-", "").isalnum():
        raise InputError(f"{language!r} is no code of a language", do="Give one as the tasks do: en, de, zh.")
    check_split(split)
    known, name = TASKS.get(task), f"{task}/{language}/{split}.jsonl"
    given = checked(_records(rows), known, name)
    content = b"".join(_line(record, number, name) for number, record in enumerate(given.all()))
    with tempfile.TemporaryDirectory() as beside:  # read back before it counts, as any file of a user's is
        write_whole(Path(beside) / name, content)
        load(known, split, language, FolderSource(Path(beside)), wrong=_raise_row)
    return write_whole(Path(folder).expanduser() / name, content)


def _raise_row(error: RowError) -> None:
    """Without its line: the file was never the user's."""
    raise error.at("")


def _records(rows: Any) -> Records:
    """Rows with the label names that a `datasets.Dataset` declares for them; what a data frame lacks is None."""
    if hasattr(rows, "iloc"):
        cells = rows.astype(object)
        rows = cells.where(cells.notna(), None).to_dict("records")
    features: Mapping[str, Any] = getattr(rows, "features", None) or {}
    inner = {column: getattr(feature, "feature", feature) for column, feature in features.items()}
    names = {column: tuple(feature.names) for column, feature in inner.items() if hasattr(feature, "names")}
    held = of_list([dict(row) for row in rows])
    return Records(held.size, held.take, names)


def _line(record: Mapping[str, Any], number: int, name: str) -> bytes:
    """Equal for equal content, whatever the order of columns."""
    try:
        return f"{json.dumps(record, ensure_ascii=False, allow_nan=False, sort_keys=True)}\n".encode()
    except (TypeError, ValueError) as error:
        do = "Give text, whole numbers, lists and dictionaries of these."
        raise InputError(f"row {number} cannot be written: {error}", where=name, do=do) from error
