"""Label names that data declares, against those of its task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adaptstilts.data.files.formats import Record
from adaptstilts.data.files.records import Records
from adaptstilts.errors import InputError
from adaptstilts.kinds import kind_of
from adaptstilts.tasks import Task

_PLAIN = str.maketrans("", "", "_- ")


def checked(records: Records, task: Task, where: str) -> Records:
    """InputError if the data declares other labels than the task does, or the same in another order.

    Names may differ in case and in `_`, `-` and blanks, or be mere digits in order, which say nothing. Numbers of other
    columns with label names are given as these names: what the numbers mean differs between copies.
    """
    own = kind_of(task.kind).labelled
    labelled = task.columns.get(own, own)
    names = records.names.get(labelled)
    if names and task.labels and not _same(names, task.labels):
        raise InputError(
            f"labels come as {', '.join(names)}; the task declares {', '.join(task.labels)}",
            where=where,
            do=f"This copy encodes {task.name} differently: use the data set that the task names.",
        )
    others = {column: found for column, found in records.names.items() if column != labelled}
    return records if not others else replace(records, take=lambda at: _named(records.take(at), others))


def _same(names: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether names of labels are the task's, one by one; bare digits from 0 stand for any, as long as none is missing."""
    plain = [[name.casefold().translate(_PLAIN) for name in several] for several in (names, labels)]
    return plain[0] == plain[1] or list(names) == [str(i) for i in range(len(labels))]


def _named(records: list[Record], names: Mapping[str, tuple[str, ...]]) -> list[Record]:
    def name(value: Any, found: tuple[str, ...]) -> Any:
        if isinstance(value, list):
            return [name(one, found) for one in value]
        return found[value] if isinstance(value, int) and 0 <= value < len(found) else value

    return [{**r, **{column: name(r[column], names[column]) for column in names.keys() & r.keys()}} for r in records]
