"""From a raw record to rows: the task reshapes and names its columns, the kind reads and checks them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from adaptstilts.bounds import is_whole
from adaptstilts.data.files.formats import Record
from adaptstilts.data.files.json_columns import NotJson
from adaptstilts.errors import RowError
from adaptstilts.kinds.columns import row_error
from adaptstilts.kinds.kind import Kind, Whereabouts
from adaptstilts.rows import Row
from adaptstilts.tasks import Task


def read_rows(
    record: Record, own_id: str, task: Task, kind: Kind, place: Whereabouts, *, own: bool = False
) -> list[Row]:
    """The record's checked rows, none if the task leaves it out; RowError if a column is missing or wrong.

    `own_id` is the row's id where the data set has none. A record of the user's `own` files with the kind's columns is
    taken as it is; any other is in the data set's published shape.
    """
    for column, value in record.items():
        if isinstance(value, NotJson):
            raise row_error("the value is not the JSON that its column is declared to hold", place, own_id, column)
    if own and all(name in record for name in kind.columns if name != "id"):
        return [_read(_whole({**record, "id": record["id"] if has_id(record) else own_id}, kind), task, kind, place)]
    mapped = _published(record, own_id, task, place, own=own)
    return [_read(_whole(one, kind) if own else one, task, kind, place) for one in mapped]


def _whole(mapped: Record, kind: Kind) -> Record:
    """A user's row with 1 for a label 1.0, which data frames make of it where others are missing."""
    label = mapped.get(kind.labelled)
    return {**mapped, kind.labelled: int(label)} if isinstance(label, float) and label.is_integer() else mapped


def has_id(record: Record) -> bool:
    """Whether a user's record has an `id`; an empty cell is none."""
    return record.get("id") not in (None, "")


def _read(mapped: Record, task: Task, kind: Kind, place: Whereabouts) -> Row:
    row_id = str(mapped["id"])
    # Translations of one example share their source; rows that only happen to have the same number do not.
    mapped["source"] = mapped.get("source") or (row_id if task.parallel else f"{place.language}-{row_id}")
    row = kind.read(mapped, 0, task, place)
    if not is_whole("".join(_texts(row))):
        what = "the text has half of a surrogate pair (\\ud800 to \\udfff), which is no character"
        broken = (column for column in (*kind.columns, *mapped) if not is_whole("".join(_texts(mapped.get(column)))))
        raise row_error(what, place, row_id, next(broken, ""))
    return row


def _texts(value: Any) -> Iterator[str]:
    """Every text that a row or a column's value holds, at any depth."""
    if isinstance(value, str):
        yield value
        return
    inner = vars(value) if dataclasses.is_dataclass(value) else value
    for one in inner.values() if isinstance(inner, dict) else inner if isinstance(inner, (tuple, list)) else ():
        yield from _texts(one)


def _published(record: Record, own_id: str, task: Task, place: Whereabouts, *, own: bool) -> list[Record]:
    """The record under the kind's column names: once, several times, or not at all, as the task reshapes it.

    A user's own `id` is the row's, published ones that the task does not name are none.
    Of several only the first is trained on; the others are there to widen a pool. A published column that happens to be
    called `source` says nothing of translations.
    """
    watched = _Watched(record)
    try:
        prepared = task.prepare(watched, place.language) if task.prepare else record
    except KeyError as error:
        raise _no_column(str(error.args[0]), record, own_id, place) from error
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        what = f"the value is not of the published shape ({type(error).__name__}: {error})"
        raise row_error(what, place, own_id, watched.suspect) from error
    if own and has_id(record) and "id" not in task.columns:
        own_id = str(record["id"])
    if isinstance(prepared, list):
        several = [_mapped(one, str(one.get("id", own_id)), task, place) for one in prepared]
        return several[:1] if place.split == "train" else several
    if prepared is None:
        return []
    mapped = _mapped(prepared, own_id, task, place)
    return [mapped if own else {column: value for column, value in mapped.items() if column != "source"}]


class _Watched(dict[str, Any]):
    """A record that remembers which columns were read, so that an error in reshaping it can name one."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self._read: list[str] = []

    def __getitem__(self, column: str) -> Any:
        self._read.append(column)
        return super().__getitem__(column)

    @property
    def suspect(self) -> str:
        """A column that was read and is None, else the one read last."""
        return next((column for column in self._read if self.get(column) is None), self._read[-1] if self._read else "")


def _mapped(prepared: Record, own_id: str, task: Task, place: Whereabouts) -> Record:
    for column in task.columns.values():
        if column not in prepared:
            raise _no_column(column, prepared, own_id, place)
    return {**prepared, "id": own_id, **{name: prepared[column] for name, column in task.columns.items()}}


def _no_column(column: str, record: Record, own_id: str, place: Whereabouts) -> RowError:
    have = ", ".join(sorted(map(str, record)))
    return row_error(f"the column is missing; the record has {have}", place, own_id, column)
