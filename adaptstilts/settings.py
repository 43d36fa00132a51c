"""The settings that decide numbers: backbone, shape of adapters, training; each declared once with type, bounds and meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt
from typing_extensions import Doc

MOST = 2**53
"""No whole number is more: JSON's are exact up to here in every language."""
Names = tuple[str, ...]
Natural = Annotated[int, Ge(0), Le(MOST)]
Count = Annotated[int, Ge(1), Le(MOST)]
Size = Annotated[int, Ge(1), Le(1 << 16)]
"""Of what stands in memory at once."""
Seed = Annotated[int, Ge(-MOST), Le(MOST)]
Positive = Annotated[float, Gt(0)]
Share = Annotated[float, Gt(0), Le(1)]


class Section:
    """A part of a config: a frozen value. What reads it from a file refuses unknown keys and numbers that are not finite."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with values that are each right: the field (empty: the section), and a sentence."""
        yield from ()


@dataclass(frozen=True)
class BackboneSettings(Section):
    """The frozen encoder. Where its weights are untrained, every output says so."""

    name: Annotated[str, Doc("The frozen encoder: `pocket`, `e5-small`, a Hub id, or a local model directory.")] = (
        "pocket"
    )
    revision: Annotated[str, Doc("Branch, tag or commit of a Hub id.")] = "main"
    init: Annotated[Literal["pretrained", "random"], Doc("`random`: untrained weights of its shape.")] = "pretrained"
    layers: Annotated[Size | None, Doc("Of untrained weights, how many layers; null: as the config has.")] = None
    seed: Annotated[Seed, Doc("Seed of untrained weights.")] = 0
    quantize: Annotated[Literal["", "8bit", "4bit"], Doc("Of frozen matrices (GPU, extra `quantized`).")] = ""
    reads: Annotated[Mapping[str, str], Doc("Of X-MOD: by language that it lacks, whose parts read it.")] = field(
        default_factory=dict
    )


@dataclass(frozen=True)
class AdapterSettings(Section):
    """The shape of every adapter: a configuration name of the `adapters` library, and the size its family goes by.

    `drop` is AdapterDrop (Rücklé et al. 2021).
    """

    architecture: Annotated[str, Doc("A configuration name of the `adapters` library.")] = "seq_bn"
    reduction: Annotated[float, Ge(0.001), Doc("Of bottlenecks: encoder width by bottleneck width.")] = 16.0
    times: Annotated[Size, Doc("Of bottlenecks: so many times as wide as `reduction` says.")] = 1
    rank: Annotated[Size, Doc("Of LoRA.")] = 8
    alpha: Annotated[Count, Doc("Of LoRA: updates are scaled by alpha/rank.")] = 8
    prefix_length: Annotated[Size, Doc("Of prefix tuning, in tokens.")] = 30
    drop: Annotated[Natural, Doc("The lowest layers that get no adapter, so many of them (AdapterDrop).")] = 0


@dataclass(frozen=True)
class Recipe(Section):
    """One training run.

    Rates are peaks of a schedule that warms up and falls linearly to zero. Of several tasks at once each step trains one,
    drawn with probability proportional to its number of examples to the power of `alpha` (1/T for a temperature T).
    With a `patience` the held-out rows are scored every `evaluate_every` steps, and the best weights are kept.
    """

    steps: Annotated[Count | None, Doc("Optimizer steps; exactly one of `steps` and `epochs` is set.")] = None
    epochs: Annotated[Annotated[float, Gt(0), Le(10**6)] | None, Doc("Passes over the training rows.")] = None
    rate: Annotated[Positive, Doc("Peak learning rate of all that has none of its own.")] = 1e-4
    fusion_rate: Annotated[Positive, Doc("Peak learning rate of fusion parameters.")] = 5e-5
    merge_rate: Annotated[float, Ge(0), Doc("Peak learning rate of the few weights of a learned merge.")] = 1e-2
    batch: Annotated[Size, Doc("Rows of an optimizer batch.")] = 32
    warmup: Annotated[float, Ge(0), Le(1), Doc("Share of all steps over which rates rise.")] = 0.06
    weight_decay: Annotated[float, Ge(0), Doc("Decay of weights; biases and norms do not decay.")] = 0.0
    clip: Annotated[Positive, Doc("Norm that gradients are clipped to.")] = 1.0
    alpha: Annotated[float, Ge(0), Doc("Of several tasks: the power of their sizes that they are drawn by.")] = 1.0
    patience: Annotated[Count | None, Doc("Scores in a row no better than the best that end training.")] = None
    evaluate_every: Annotated[Count, Doc("With a patience: steps between two scores.")] = 100
    held_out: Annotated[float, Gt(0), Lt(1), Doc("With a patience: share of the training rows that is scored.")] = 0.1

    def problems(self) -> Iterator[tuple[str, str]]:
        if (self.steps is None) == (self.epochs is None):
            yield "", "set exactly one of steps and epochs"


@dataclass(frozen=True)
class DeviceSettings(Section):
    """How a device does its work; numbers depend on it by rounding only, so it is in no key.

    The rest of an optimizer batch that does not fit a pass follows in further passes, whose gradients add up.
    """

    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Doc("What frozen matrices multiply in; `auto`: bfloat16 where the device has it, float32 in the pocket lab."),
    ] = "auto"
    tokens_per_pass: Annotated[Count | None, Doc("Most tokens of a pass, padding counted; null: what suits.")] = None
    checkpointing: Annotated[bool, Doc("Compute activations twice to hold fewer of them.")] = False
    compile: Annotated[bool, Doc("Let `torch.compile` make kernels where it can.")] = False
    trackers: Annotated[Names, Doc("Trackers of `accelerate`, by name.")] = ()
    lowest_gb: Annotated[
        float | None,
        Ge(0),
        Doc("GB (10^9 bytes) that may be kept of what layers below `adapter.drop` give; null: 8 on a CPU, 0 on a GPU."),
    ] = None


@dataclass(frozen=True)
class Limits(Section):
    """How long an input may be."""

    max_length: Annotated[Size, Doc("Tokens of an input, specials included.")] = 128
    stride: Annotated[Natural, Doc("Tokens shared by two windows of one context.")] = 32
    step: Annotated[Count | None, Doc("In place of `stride`: tokens between two windows' starts (XTREME).")] = None

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.stride >= self.max_length // 2:
            yield "stride", "must be less than half of limits.max_length"
