"""JSON Schemas made from types; `python -m adaptstilts.store.schema` renews that of records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from adaptstilts.files import write_whole
from adaptstilts.store.records.record import SCHEMA, SHAPE

RECORD = Path(__file__).with_name("record.schema.json")


class _Untitled(GenerateJsonSchema):
    """Without a title for each field, which would say its name once more."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema_text(shape: TypeAdapter[Any], **head: Any) -> str:
    """The JSON Schema of a type, `head` before all else."""
    head = {"$schema": _Untitled.schema_dialect, **head}
    told = head | shape.json_schema(schema_generator=_Untitled) | head
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def record_schema() -> str:
    """What a finished step leaves, as other tools can check it."""
    about = (
        f"What a finished step leaves as steps/<key>/record.json. Version {SCHEMA}. Fields that are not named here may be added "
        "within a version; readers let them be."
    )
    id = f"urn:adaptstilts:record:{SCHEMA}"
    return schema_text(SHAPE, **{"$id": id}, title="Record of a step", description=about)


if __name__ == "__main__":
    write_whole(RECORD, record_schema())
