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
    `quantize` holds the frozen matrices in 8 or 4 bits, which takes a GPU and the extra `quantized`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str = "pocket"
    revision: str = "main"
    init: Literal["pretrained", "random"] = "pretrained"
    layers: int | None = None
    seed: int = 0
    quantize: Literal["", "8bit", "4bit"] = ""


@dataclass(frozen=True)
class AdapterSettings:
    """The shape of every adapter: a configuration name of the `adapters` library, and the size its family goes by.

    `reduction` (encoder width by bottleneck width) is for bottlenecks, which are `times` as wide as it says; `rank` and
    `alpha` (updates are scaled by alpha/rank) for LoRA, `prefix_length` (in tokens) for prefix tuning. `drop` leaves out
    the lowest layers, so many of them (AdapterDrop, Rücklé et al. 2021).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    architecture: str = "seq_bn"
    reduction: float = 16.0
    times: int = 1
    rank: int = 8
    alpha: int = 8
    prefix_length: int = 30
    drop: int = 0


@dataclass(frozen=True)
class Recipe:
    """One training run. Exactly one of `steps` (optimizer steps) and `epochs` is set.

    `batch` is the optimizer batch in rows. Rates are peaks of a schedule that warms up over `warmup` (share of all steps) and
    falls linearly to zero. `fusion_rate` is for fusion parameters, `merge_rate` for the few weights of a learned
    merge, `rate` for all others. Of several tasks at once each step trains
    one, drawn with probability proportional to its number of examples to the power of `alpha` (1/T for a temperature T).
    With a `patience`, `held_out` of the training rows are scored every `evaluate_every` steps; training ends when that many
    scores in a row are no better than the best, and the best weights are kept.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    steps: int | None = None
    epochs: float | None = None
    rate: float = 1e-4
    fusion_rate: float = 5e-5
    merge_rate: float = 1e-2
    batch: int = 32
    warmup: float = 0.06
    weight_decay: float = 0.0
    clip: float = 1.0
    alpha: float = 1.0
    patience: int | None = None
    evaluate_every: int = 100
    held_out: float = 0.1


@dataclass(frozen=True)
class DeviceSettings:
    """How a device does a training run; numbers depend on it by rounding only, so it is in no key.

    A forward pass takes at most `tokens_per_pass` tokens, padding counted (None: what suits the device); the rest of an
    optimizer batch follows in further passes, whose gradients add up. `checkpointing` computes activations twice to hold
    fewer of them. `compile` lets `torch.compile` make kernels where it can. `trackers` are those of `accelerate`, by name.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    tokens_per_pass: int | None = None
    checkpointing: bool = False
    compile: bool = False
    trackers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How long an input may be: `max_length` in tokens, specials included; `stride` tokens shared by two windows of one context.

    `step`, where set, is how many tokens after one window's start the next one starts (XTREME's `doc_stride`), and takes
    the place of `stride`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    max_length: int = 128
    stride: int = 32
    step: int | None = None
