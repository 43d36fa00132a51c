"""The weights that fusion and gates give to adapters, kept while a model predicts anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from adaptstilts.models.mixing.noise import Shake

if TYPE_CHECKING:
    import numpy as np


class Weights:
    """Mean weights of the adapters over the real tokens of every input seen, by layer.

    Where a layer mixes in two places (Houlsby's adapters) the mean is over both.
    """

    def __init__(self, layers: int) -> None:
        self._layers = layers
        self._sums: dict[tuple[str, ...], dict[int, torch.Tensor]] = {}
        self._counts: dict[tuple[str, ...], dict[int, torch.Tensor]] = {}

    def add(self, names: tuple[str, ...], layer: int, weights: torch.Tensor, mask: torch.Tensor) -> None:
        """Add `weights` [n, length, k] of one layer; `mask` [n, length] is True on real tokens."""
        chosen = weights.detach().double() * mask[..., None]
        sums, counts = self._sums.setdefault(names, {}), self._counts.setdefault(names, {})
        sums[layer] = sums.get(layer, 0) + chosen.sum((0, 1))
        counts[layer] = counts.get(layer, 0) + mask.sum()

    @property
    def blocks(self) -> tuple[tuple[str, ...], ...]:
        """The adapters of each fusion or gate that was seen."""
        return tuple(self._sums)

    def mean(self, names: tuple[str, ...] | None = None) -> np.ndarray:
        """[layers, k] for one block (None: the only one); NaN where a layer has none. KeyError if it was not seen."""
        import numpy as np

        if names is None:
            (names,) = self.blocks
        sums, counts = self._sums[names], self._counts[names]
        table = np.full((self._layers, len(names)), np.nan)
        for layer, total in sums.items():
            table[layer] = (total / counts[layer]).cpu().numpy()
        return table


class Watch:
    """What the layers of one assembly report to; `weights` is None while nobody looks, `mask` is the batch's.

    `shake` is None unless an effect is planted on what fusion gives out.
    """

    def __init__(self) -> None:
        self.weights: Weights | None = None
        self.mask: torch.Tensor | None = None
        self.shake: Shake | None = None

    def saw(self, names: tuple[str, ...], layer: int, weights: torch.Tensor) -> None:
        """Keep `weights` [n, length, k] if somebody looks."""
        if self.weights is not None:
            mask = weights.new_ones(weights.shape[:2], dtype=torch.bool) if self.mask is None else self.mask
            self.weights.add(names, layer, weights, mask)

    def gave(self, output: torch.Tensor, layer: int) -> torch.Tensor:
        """What a fusion gave out, [n, length, H]: as it is, or shaken."""
        return output if self.shake is None else self.shake(output, layer, self.mask)
