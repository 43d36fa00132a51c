"""What is known of a step before it is done: `planned.json`, and as much of a record."""

from __future__ import annotations

from pydantic import ConfigDict, Field, TypeAdapter

from adaptstilts.store.records.part import Key, Object, Part, parsed


class Outline(Part):
    """What a step is, from its plan or from its record."""

    model_config = ConfigDict(extra="ignore")
    title: str = ""
    spec: Object
    upstream: tuple[Key, ...] = ()
    settings: Object = Field(default_factory=dict)
    provenance: Object = Field(default_factory=dict)

    @property
    def kind(self) -> str:
        return str(self.spec.get("step", ""))

    @property
    def config(self) -> str:
        """The name of the config that it was planned or done with; empty where it is not told."""
        return str(self.provenance.get("config") or self.settings.get("name") or "")


class PlannedStep(Part):
    """All that is needed to do a step alone, on any machine."""

    key: str
    spec: Object
    settings: Object


def read_outline(text: bytes) -> Outline:
    """The outline in the JSON text of a plan or a record; ValueError with what is wrong in one line."""
    return parsed(TypeAdapter(Outline), text)


def read_planned_step(text: bytes) -> PlannedStep:
    """The planned step that a JSON text spells; ValueError with what is wrong in one line."""
    return parsed(TypeAdapter(PlannedStep), text)
