"""Where a record's numbers come from: versions, commit, machine, and the settings of the run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from adaptstilts.store.records.part import OR_NULL, Object, Part


class Encoder(Part):
    """The backbone, and what tells its weights from others."""

    name: str
    hub: str = ""
    revision: str = ""
    content: str = ""
    init: str = ""
    seed: int = 0
    layers: int | None = None
    quantize: str = ""
    encoding: int = Field(default=1, description="Version of how texts become ids.")


class Provenance(Part):
    """Where, when and by what a step was done; nothing of it is in a key."""

    config: str
    settings: Annotated[Object, OR_NULL] = Field(default_factory=dict, description="The whole config as plain values.")
    backbone: Encoder
    engine: Annotated[str, OR_NULL] = Field(default="", description="What ran the step; not told of what was pulled.")
    preregistration: str | None = Field(
        default=None, description="Digest of the plan in the store when the record was made."
    )
    packages: dict[str, str | None] = Field(default_factory=dict)
    commit: str | None = None
    dirty: bool | None = None
    python: Annotated[str, OR_NULL] = ""
    platform: Annotated[str, OR_NULL] = ""
    cores: int | None = None
    device: str = ""
    precision: Annotated[Literal["", "float32", "bfloat16"], OR_NULL] = Field(
        default="", description="What the encoder's matrices multiplied in; empty in records that did not say yet."
    )

    @property
    def arithmetic(self) -> Literal["float32", "bfloat16"]:
        """The precision, also of records that did not say: then passes on a CPU were in float32, on a GPU in bfloat16."""
        return self.precision or ("bfloat16" if self.device.startswith("cuda") else "float32")
