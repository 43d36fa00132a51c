"""Columns of parquet that hold JSON: what `datasets` (4.7 on) makes of a column whose values are of more than one type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from adaptstilts.bounds import parse

if TYPE_CHECKING:
    import pyarrow as pa

Decode = Callable[[Any], Any]
Take = Callable[[Sequence[int]], list[dict[str, Any]]]

NAME = "arrow.json"
"""Of the extension type, in Arrow's list of canonical ones; a version of pyarrow that does not know it gives its name beside the column."""


class NotJson:
    """What stands in place of a text that is not the JSON it is declared to be; no column of a row takes it."""


def decoding(take: Take, schema: pa.Schema) -> Take:
    """Records whose columns of JSON, at any depth, are the values that the JSON spells."""
    decoders = {field.name: decode for field in schema if (decode := _of_field(field))}
    if not decoders:
        return take
    return lambda at: [_decoded(record, decoders) for record in take(at)]


def _of_field(field: pa.Field) -> Decode | None:
    named = (field.metadata or {}).get(b"ARROW:extension:name", b"").decode(errors="replace")
    return _value if NAME in (named, getattr(field.type, "extension_name", "")) else _of_type(field.type)


def _of_type(kind: pa.DataType) -> Decode | None:
    """What decodes values of a type: lists and structs of JSON are gone into; None where there is none in it."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        fields = [kind.field(number) for number in range(kind.num_fields)]
        inner = {field.name: decode for field in fields if (decode := _of_field(field))}
        return (lambda value: value and _decoded(value, inner)) if inner else None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        each = _of_field(kind.value_field)
        return (lambda value: value and [each(one) for one in value]) if each else None
    return None


def _decoded(record: dict[str, Any], decoders: dict[str, Decode]) -> dict[str, Any]:
    return {name: decoders[name](value) if name in decoders else value for name, value in record.items()}


def _value(text: Any) -> Any:
    if not isinstance(text, (str, bytes)):
        return text
    try:
        return parse(text, whole=False)
    except ValueError:
        return NotJson()
