"""Reading a record's columns: each value is checked as it is taken, and an error names the row and the field."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adaptstilts.errors import RowError
from adaptstilts.kinds.kind import Whereabouts


def row_error(what: str, place: Whereabouts, row: str, field: str) -> RowError:
    """A RowError for one field of one row."""
    return RowError(what, task=place.task, split=place.split, language=place.language, row=row, field=field)


@dataclass(frozen=True)
class Columns:
    """One record's columns; `id` is its own or the running index, `source` its own or the id.

    Every method raises RowError.
    """

    record: Mapping[str, Any]
    index: int
    place: Whereabouts

    @property
    def id(self) -> str:
        value = self.record.get("id")
        return str(self.index) if value is None or value == "" else str(value)

    @property
    def source(self) -> str:
        value = self.record.get("source")
        return self.id if value is None or value == "" else str(value)

    def wrong(self, field: str, what: str) -> RowError:
        return row_error(what, self.place, self.id, field)

    def value(self, field: str) -> Any:
        """Whatever the column holds, if it is there and not None."""
        if field not in self.record:
            raise self.wrong(field, f"the column is missing; the record has {', '.join(sorted(map(str, self.record)))}")
        if self.record[field] is None:
            raise self.wrong(field, "the value is None")
        return self.record[field]

    def text(self, field: str) -> str:
        """A string, possibly empty: whether a field may be empty is for the kind's `check` to say."""
        value = self.value(field)
        if not isinstance(value, str):
            raise self.wrong(field, f"text is expected, not {type(value).__name__}")
        return value

    def items(self, field: str) -> Sequence[Any]:
        value = self.value(field)
        if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
            raise self.wrong(field, f"a list is expected, not {type(value).__name__}")
        return list(value)

    def texts(self, field: str) -> tuple[str, ...]:
        items = self.items(field)
        for position, item in enumerate(items):
            if not isinstance(item, str):
                raise self.wrong(field, f"item {position} is {type(item).__name__}, not text")
        return tuple(items)

    def number(self, field: str, value: Any) -> int:
        """`value` as an integer; True, 1.0 and "1" are not integers."""
        if isinstance(value, bool):
            raise self.wrong(field, f"an integer is expected, not {value!r}")
        try:
            return operator.index(value)
        except TypeError:
            raise self.wrong(field, f"an integer is expected, not {value!r}") from None

    def label(self, field: str, value: Any, labels: Sequence[str]) -> int:
        """A label's index, from the index itself or from the label's name; where names are numbers, a number is a name."""
        named = isinstance(value, int) and str(value).lower() in labels
        if isinstance(value, str) or named:
            name = str(value).lower() if named else value
            if name not in labels:
                told = f"the task has {', '.join(labels)}" if labels else "the task declares no `labels`"
                raise self.wrong(field, f"there is no label {value!r}; {told}")
            return labels.index(name)
        return self.number(field, value)


def check_text(text: str, place: Whereabouts, row: str, field: str) -> None:
    """RowError for a text without a visible character."""
    if not text.strip():
        raise row_error("the text is empty", place, row, field)


def check_index(index: int, count: int, place: Whereabouts, row: str, field: str, what: str = "labels") -> None:
    """RowError unless `index` is one of `count` things."""
    if not 0 <= index < count:
        raise row_error(f"{index} is out of range: there are {count} {what}", place, row, field)
