"""The manifest of a sweep: every cell and its steps' keys in one value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from adaptstilts import ids
from adaptstilts.store.records.part import Key, Natural, Number, Object, Part, parsed

SCHEMA: Literal[1] = 1


class ManifestCell(Part):
    """A cell's place in the design, its transfer and its scores by their keys, the clean one first."""

    role: Literal["k", "control", "baseline", "reference"]
    composition: str
    k: Natural
    tasks: tuple[str, ...]
    ordering: Number
    head: str
    target: str
    seed: Number
    transfer: Key
    scores: tuple[Key, ...]


class SweepManifest(Part):
    """A sweep with the digest over its settings and cells; `left_out` counts cells that cannot be, by the reason."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    name: str
    summary: str = ""
    digest: str
    settings: Object
    cells: tuple[ManifestCell, ...]
    left_out: dict[str, Natural] = Field(default_factory=dict)


def parsed_manifest(text: bytes) -> SweepManifest:
    """The manifest that a JSON text spells; ValueError with what is wrong, which may be its digest."""
    manifest = parsed(TypeAdapter(SweepManifest), text)
    if manifest.digest != digest_of(manifest.settings, manifest.cells):
        raise ValueError("its digest is not that of its content")
    return manifest


def digest_of(settings: Object, cells: Iterable[ManifestCell]) -> str:
    """The digest over a sweep's settings and cells."""
    return ids.digest({"settings": settings, "cells": [cell.plain() for cell in cells]})
