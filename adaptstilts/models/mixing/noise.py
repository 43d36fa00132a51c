"""Noise on what fusion gives out: a planted effect of chosen size that a sweep's statistics must find again."""

from __future__ import annotations

import hashlib
from array import array

import numpy as np
import torch

from adaptstilts.ids import rng_for


class Shake:
    """Gaussian noise whose standard deviation is `scale` times the root mean square of each token's vector.

    A row's noise is a function of its token ids and the layer alone: not of the batch it is in, its padding, or k.
    """

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.ids: torch.Tensor | None = None

    def __call__(self, output: torch.Tensor, layer: int, mask: torch.Tensor | None) -> torch.Tensor:
        """`output` [n, length, H] of a fusion with its noise; `mask` [n, length] is True on real tokens."""
        if self.ids is None:
            return output
        noise = torch.zeros_like(output, dtype=torch.float32)
        lengths = (mask.sum(1) if mask is not None else torch.full((len(self.ids),), self.ids.shape[1])).tolist()
        for row, (ids, length) in enumerate(zip(self.ids.tolist(), lengths, strict=True)):
            drawn = _generator(ids[:length], layer).standard_normal((length, output.shape[-1]), dtype=np.float32)
            noise[row, :length] = torch.from_numpy(drawn)
        size = output.float().pow(2).mean(-1, keepdim=True).sqrt()
        return output + (self.scale * size * noise).to(output.dtype)


def _generator(ids: list[int], layer: int) -> np.random.Generator:
    content = hashlib.blake2b(array("q", ids).tobytes(), digest_size=16).hexdigest()
    return np.random.default_rng(rng_for("noise on fusion", 1, layer, content).getrandbits(64))
