"""What every part of a record is: a frozen value with ranges, which keeps fields that it does not know."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticUseDefault

from adaptstilts.bounds import parse

MOST = 2**53
"""Nothing that is counted is more; JSON's numbers are exact up to here in every language."""
Natural = Annotated[int, Field(ge=0, le=MOST)]
Number = Annotated[int, Field(ge=-MOST, le=MOST)]
Amount = Annotated[float, Field(ge=0, le=MOST)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Difference = Annotated[float, Field(ge=-1, le=1)]
Key = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Digest = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{32}$", description="Digest over the names and bytes of an artefact's files."),
]
Object = dict[str, Any]
"""JSON whose content belongs to another room."""

Identity = Object | str
"""What data, a text or a backbone are known by: an object, or one word."""


def _told(value: Any) -> Any:
    if value is None:
        raise PydanticUseDefault
    return value


OR_NULL = BeforeValidator(_told)
"""Of a field that is read as its default where the JSON says null."""


def given(**fields: Any) -> Object:
    """Those of the fields that say something; what is left out here is left out of the record."""
    return {name: value for name, value in fields.items() if value}


T = TypeVar("T")
INNER = 200_000
"""Lists and objects of a file: pydantic holds each in up to two kilobytes. A cell of a manifest has three, a record some hundreds."""
SHOWN = 5
"""How many things that are wrong with a file are told."""


class Part(BaseModel):
    """A value read from JSON or made by the code. Numbers are finite; unknown fields are kept and written back."""

    model_config = ConfigDict(
        frozen=True, extra="allow", allow_inf_nan=False, ser_json_inf_nan="constants", populate_by_name=True
    )

    def __init__(self, **fields: Any) -> None:
        """ValueError with what is wrong in one line."""
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise ValueError(in_words(error)) from error

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # parts within parts are told of as a whole

    def plain(self) -> Object:
        """The value as JSON: the fields that were given, in the order of their declaration, then those not known."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def parsed(shape: TypeAdapter[T], text: bytes | str) -> T:
    """The value of this type that a JSON text spells, within the bounds of `bounds.parse`; ValueError with what is wrong in one line."""
    parse(text, inner=INNER)
    try:
        return shape.validate_json(text)
    except ValidationError as error:
        raise ValueError(in_words(error)) from error


def in_words(error: ValidationError) -> str:
    """What is wrong, field by field; the first few of many. A number that may be whole or not is one field."""
    found = list(
        dict.fromkeys(
            f"{_place(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}".removeprefix(": ")
            for problem in error.errors(include_url=False)
        )
    )
    rest = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + rest


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(map(str, parts[:-1] if parts[-1:] in (("int",), ("float",)) else parts))
