"""The JSON Schema of a zoo's index, made from its type; `python -m adaptstilts.zoo.schema` renews the shipped one."""

from __future__ import annotations

from pydantic import TypeAdapter

from adaptstilts.files import write_whole
from adaptstilts.places import shipped
from adaptstilts.store.schema import schema_text
from adaptstilts.zoo.index import SCHEMA, Index


def index_schema() -> str:
    """What an index says, as other tools can check it."""
    return schema_text(TypeAdapter(Index), title=f"The index of an adapter zoo, schema {SCHEMA}")


if __name__ == "__main__":
    write_whole(shipped("adapter_zoo") / "index.schema.json", index_schema())
