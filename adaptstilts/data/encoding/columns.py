"""Encodings as Arrow columns and back, exactly: each kind declares the shape of its targets and notes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from functools import cache
from itertools import chain
from types import NoneType
from typing import Any, Protocol, get_type_hints

import numpy as np
import pyarrow as pa

from adaptstilts.kinds.kind import Encoding, Shape

Read = Callable[[int], Any]

_INTEGERS = pa.list_(pa.int32())


class Column(Protocol):
    """Values of one shape. `store` raises TypeError, ValueError or OverflowError for any other value."""

    @property
    def type(self) -> pa.DataType: ...
    def store(self, values: Sequence[Any]) -> pa.Array: ...
    def reader(self, column: pa.Array) -> Read:
        """A function from position to value, of the very types that were stored."""
        ...


class Plain:
    """Values of one Arrow type that are of one of some Python types."""

    def __init__(self, arrow: pa.DataType, *wanted: type) -> None:
        self.type, self.wanted = arrow, wanted

    def store(self, values: Sequence[Any]) -> pa.Array:
        _check(values, *self.wanted)
        return pa.array(values, self.type)

    def reader(self, column: pa.Array) -> Read:
        if pa.types.is_null(self.type):
            return lambda i: None
        if pa.types.is_integer(self.type) and not column.null_count:  # Arrow makes an object of its own for each value
            read: Read = column.to_numpy().item
            return read
        return lambda i: column[i].as_py()


class Integers:
    """A tuple of integers of 32 bits."""

    type = _INTEGERS

    def store(self, values: Sequence[Any]) -> pa.Array:
        _check(values, tuple)
        offsets = _offsets(values)
        return pa.ListArray.from_arrays(offsets, np.fromiter(chain.from_iterable(values), np.int32, int(offsets[-1])))

    def reader(self, column: pa.Array) -> Read:
        ends, flat = column.offsets.to_numpy(), column.values.to_numpy()
        return lambda i: tuple(flat[ends[i] : ends[i + 1]].tolist())


class Offsets:
    """An array of C integers."""

    type = _INTEGERS

    def store(self, values: Sequence[Any]) -> pa.Array:
        _check(values, array)
        flat = np.frombuffer(b"".join(value.tobytes() for value in values), np.intc)
        return pa.ListArray.from_arrays(_offsets(values), flat)

    def reader(self, column: pa.Array) -> Read:
        ends, flat = column.offsets.to_numpy(), column.values.to_numpy()
        return lambda i: array("i", flat[ends[i] : ends[i + 1]].tobytes())


class Record:
    """A dataclass, field by field."""

    def __init__(self, made: type, **fields: Column) -> None:
        self.made, self.fields = made, fields
        self.type = pa.struct([(name, column.type) for name, column in fields.items()])

    def store(self, values: Sequence[Any]) -> pa.Array:
        _check(values, self.made)
        stored = [column.store([getattr(value, name) for value in values]) for name, column in self.fields.items()]
        return pa.StructArray.from_arrays(stored, fields=list(self.type))

    def reader(self, column: pa.Array) -> Read:
        readers = {name: inner.reader(column.field(name)) for name, inner in self.fields.items()}
        return lambda i: self.made(**{name: read(i) for name, read in readers.items()})


class Shared:
    """One value held by several neighbours (a context by its windows and questions): kept where it is met first.

    `held` is a list with the value there and empty elsewhere; `at` is the value's place among all that are held.
    """

    def __init__(self, inner: Column) -> None:
        self.inner = inner
        self.type = pa.struct([("at", pa.int32()), ("held", pa.list_(inner.type))])

    def store(self, values: Sequence[Any]) -> pa.Array:
        first: dict[int, int] = {}
        at = [first.setdefault(id(value), len(first)) for value in values]
        new = np.diff(np.maximum.accumulate(at), prepend=-1) if at else np.zeros(0, int)
        distinct = self.inner.store([value for value, is_new in zip(values, new, strict=True) if is_new])
        held = pa.ListArray.from_arrays(np.concatenate([[0], np.cumsum(new)]).astype(np.int32), distinct)
        return pa.StructArray.from_arrays([pa.array(at, pa.int32()), held], fields=list(self.type))

    def reader(self, column: pa.Array) -> Read:
        """Neighbours that are read one after another get the very same object."""
        at, inner = column.field("at").to_numpy(), self.inner.reader(column.field("held").values)
        last: tuple[int, Any] = (-1, None)

        def read(i: int) -> Any:
            nonlocal last
            place = at.item(i)
            found = last  # one look, so that threads cannot mix two values
            if found[0] != place:
                last = found = (place, inner(place))
            return found[1]

        return read


class EncodingColumns:
    """The columns of one kind's encodings, one for every field of an encoding."""

    def __init__(self, shape: Shape) -> None:
        ends = {"truncated": int, "second": int}
        fields = {"row": int, "ids": tuple[int, ...], "target": shape.target, "notes": shape.notes, **ends}
        self.columns = {name: column_of(declared) for name, declared in fields.items()}
        self.schema = pa.schema([(name, column.type) for name, column in self.columns.items()])

    def store(self, encodings: Sequence[Encoding], places: Sequence[int]) -> pa.RecordBatch:
        """Encodings of some rows; `places` are the indices of these among all rows."""
        fields = {name: [getattr(e, name) for e in encodings] for name in self.columns}
        fields["row"] = [places[row] for row in fields["row"]]
        stored = [column.store(fields[name]) for name, column in self.columns.items()]
        return pa.RecordBatch.from_arrays(stored, schema=self.schema)

    def reader(self, batch: pa.RecordBatch) -> Callable[[int], Encoding]:
        row, ids, target, notes, truncated, second = (
            column.reader(batch.column(name)) for name, column in self.columns.items()
        )
        return lambda i: Encoding(row(i), ids(i), target(i), notes(i), truncated(i), second(i))


columns_of = cache(EncodingColumns)
"""The columns of a shape."""

_PLAIN: dict[Any, Column] = {
    None: Plain(pa.null(), NoneType),
    int: Plain(pa.int32(), int),
    int | None: Plain(pa.int32(), int, NoneType),
    str: Plain(pa.string(), str),
    tuple[int, ...]: Integers(),
    array: Offsets(),
}


def column_of(declared: Any) -> Column:
    """The column for a type that a kind declares (see `Shape`)."""
    if declared in _PLAIN:
        return _PLAIN[declared]
    held = get_type_hints(declared)
    columns = {name: Shared(column_of(each)) if is_dataclass(each) else column_of(each) for name, each in held.items()}
    return Record(declared, **columns)


def _check(values: Sequence[Any], *wanted: type) -> None:
    """TypeError unless all values are of these very types: a list or a bool would come back as something else."""
    for value in values:
        if type(value) not in wanted:
            raise TypeError(f"{' or '.join(each.__name__ for each in wanted)} is expected, not {value!r}")


def _offsets(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.int32]]:
    found = np.zeros(len(values) + 1, np.int32)
    np.cumsum([len(value) for value in values], out=found[1:])
    return found
