"""From a raw record to a row: the task reshapes and names its columns, the kind reads and checks them."""

from __future__ import annotations

from adaptstilts.data.files import Record
from adaptstilts.errors import RowError
from adaptstilts.kinds.kind import Kind, Place
from adaptstilts.rows import Row
from adaptstilts.tasks import Task


def read_row(record: Record, own_id: str, task: Task, kind: Kind, place: Place, *, own: bool = False) -> Row | None:
    """One checked row, or None if the task leaves the record out; RowError if a column is missing or wrong.

    `own_id` is the row's id where the data set has none. A record of the user's own files with the kind's columns is
    taken as it is; any other is in the data set's published shape.
    """
    if own and all(name in record for name in kind.columns if name != "id"):
        mapped: Record | None = {"id": own_id, **record}
    else:
        mapped = _published(record, own_id, task, place)
    if mapped is None:
        return None
    row_id = str(mapped["id"])
    # Translations of one example share their source; rows that only happen to have the same number do not.
    source = mapped.get("source") if own else None
    mapped["source"] = source or (row_id if task.parallel else f"{place.language}-{row_id}")
    return kind.read(mapped, 0, task, place)


def row_error(what: str, place: Place, row: str, column: str) -> RowError:
    """A RowError for one column of one row."""
    return RowError(what, task=place.task, split=place.split, language=place.language, row=row, field=column)


def _published(record: Record, own_id: str, task: Task, place: Place) -> Record | None:
    """The record under the kind's column names, or None if the task leaves it out."""
    try:
        prepared = task.prepare(dict(record), place.language) if task.prepare else record
    except KeyError as error:
        raise _no_column(str(error.args[0]), record, own_id, place) from error
    if prepared is None:
        return None
    for column in task.columns.values():
        if column not in prepared:
            raise _no_column(column, prepared, own_id, place)
    return {**prepared, "id": own_id, **{name: prepared[column] for name, column in task.columns.items()}}


def _no_column(column: str, record: Record, own_id: str, place: Place) -> RowError:
    have = ", ".join(sorted(map(str, record)))
    return row_error(f"the column is missing; the record has {have}", place, own_id, column)
