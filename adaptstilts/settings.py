"""The settings that decide numbers: which backbone, what shape of adapter, how to train. Frozen values without behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

STRICT: dict[str, Any] = {"extra": "forbid"}
"""Unknown keys are an error when a config file is read into these values."""


@dataclass(frozen=True)
class BackboneSettings:
    """The frozen encoder: `pocket`, a Hub id, or a local model directory.

    `init="random"` makes untrained weights of the config's shape (`layers` may make it shallower); every output says so.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str = "pocket"
    revision: str = "main"
    init: Literal["pretrained", "random"] = "pretrained"
    layers: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class AdapterSettings:
    """The shape of every adapter: a configuration name of the `adapters` library and its reduction factor."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    architecture: str = "seq_bn"
    reduction: float = 16.0


@dataclass(frozen=True)
class Recipe:
    """One training run. Exactly one of `steps` (optimizer steps) and `epochs` is set.

    `batch` is the optimizer batch in rows. Rates are peaks of a schedule that warms up over `warmup` (share of all steps) and
    falls linearly to zero. `fusion_rate` is for fusion parameters, `rate` for adapters and heads.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    steps: int | None = None
    epochs: float | None = None
    rate: float = 1e-4
    fusion_rate: float = 5e-5
    batch: int = 32
    warmup: float = 0.06
    weight_decay: float = 0.0
    clip: float = 1.0


@dataclass(frozen=True)
class Limits:
    """How long an input may be: `max_length` in tokens, specials included; `stride` tokens shared by two windows of one context."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    max_length: int = 128
    stride: int = 32
