"""Files that hold rows of several splits, each row's named in a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from adaptstilts.data.files.folder import STEMS
from adaptstilts.data.files.formats import Record, line_of
from adaptstilts.data.files.records import Records, of_list
from adaptstilts.errors import DataMissing

WORDS = {word: split for split, stems in STEMS.items() for word in stems} | {
    "training": "train", "valid": "dev", "development": "dev", "eval": "dev", "testing": "test",
}  # fmt: skip
"""What splits are called in columns, and in the names of files and folders."""


def split_called(value: Any) -> str:
    """train, dev or test, by whatever people call it; empty for what is no split."""
    return WORDS.get(str(value).strip().casefold(), "")


def split_of(record: Record, column: str, where: str) -> str:
    """The split that a row names; DataMissing where it names none, for it would be in no split."""
    split = split_called(record.get(column))
    if not split:
        what = f"the column {column!r} says {record.get(column)!r}, which is no split"
        do = "A row's split is train, dev (or validation) or test."
        raise DataMissing(what, where=line_of(record) or where, do=do)
    return split


def of_split(records: Records, column: str, split: str, where: str) -> Records:
    """Those rows that name this split; DataMissing as `split_of`."""
    kept = [record for record in records.all() if split_of(record, column, where) == split]
    return replace(of_list(kept), names=records.names, own=records.own)


def split_column(records: Iterable[Record], names: Iterable[str]) -> str:
    """The first of the names under which a row tells its split; empty without any."""
    wanted = set(names)
    return next(
        (str(c) for record in records for c, v in record.items() if str(c).casefold() in wanted and split_called(v)), ""
    )
