"""How much arithmetic a token takes, forward and backward, from the sizes of what it passes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PEAKS = {
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "H200": 989e12,
    "A100": 312e12,
    "A10G": 70e12,
    "L40S": 362e12,
    "L4": 121e12,
    "V100": 125e12,
    "T4": 65e12,
}
"""Dense 16-bit floating-point operations a second on tensor cores, by the vendor's data sheets; longer names first."""


@dataclass(frozen=True)
class Flops:
    """Floating-point operations of one token; a multiplication and its addition count as two."""

    forward: float
    backward: float

    @property
    def step(self) -> float:
        """A training step: forward and backward."""
        return self.forward + self.backward


def flops_per_token(
    *,
    layers: int,
    hidden: int,
    feedforward: int,
    length: float,
    trains_encoder: bool = False,
    adapters: Sequence[int] = (),
    fused: bool = False,
    target: int = 0,
    drop: int = 0,
) -> Flops:
    """Model FLOPs of one token of an encoder with adapters after each layer, counted as Chowdhery et al. 2022 do.

    Their appendix B: 2 operations a weight forward, and 4 * length * hidden a layer for the attention's own products;
    backward as many again for the gradients of inputs, and for those of weights. Here frozen weights have none of their
    own, and below the lowest trained part there is no backward at all. What is computed twice (checkpointing), padding,
    norms, softmax, embeddings and heads do not count, as there.

    `adapters` are the bottleneck widths of a layer's frozen adapters, `fused` says that AdapterFusion mixes them,
    re-associated (see `fusion`; it trains, and folding its matrices is a cost of the step, not of a token), `target` is
    the width of the trained adapter on top, 0 for none. The lowest `drop` layers have neither. `length` is how many
    tokens a token attends to.
    """
    learns = fused or target > 0
    forward = backward = 0.0
    for layer in range(layers):
        carries = trains_encoder or (learns and layer > drop)
        products = [(4 * hidden**2 + 2 * hidden * feedforward, trains_encoder, carries)]
        if layer >= drop:
            products += _added(hidden, adapters, fused, target, carries)
        forward += sum(2 * weights for weights, _, _ in products) + 4 * length * hidden
        backward += sum(2 * weights * (learnt + carried) for weights, learnt, carried in products)
        backward += 8 * length * hidden if carries else 0  # both sides of the attention's products are inputs
    return Flops(forward, backward)


def _added(
    hidden: int, adapters: Sequence[int], fused: bool, target: int, carries: bool
) -> list[tuple[int, bool, bool]]:
    """One layer's products with weights beside the encoder's: how many, whether they learn, whether inputs need gradients.

    `carries` says whether what enters the layer needs one.
    """
    width, count = hidden * sum(adapters), hidden * len(adapters)
    if fused:
        found = [(width, False, carries), (width + count, True, carries), (width + count, True, True)]
    else:
        found = [(width, False, carries), (width, False, carries)]
    if target:
        found += [(hidden * target, True, carries or fused), (hidden * target, True, True)]
    return found


def peak_flops(device: str) -> float | None:
    """What a GPU of this name (as torch tells it) does in a second at best; None for one that is not known."""
    return next((peak for name, peak in PEAKS.items() if name in device), None)
