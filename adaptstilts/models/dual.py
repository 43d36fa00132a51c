"""The head of a dual encoder: what one shared tower makes of a query and of a candidate, so that their dot product is a logit."""

from __future__ import annotations

import math
from typing import Any

import torch
from adapters.heads import PredictionHead
from torch import nn
from torch.nn import functional as F

SCALE = 100.0
"""What cosines are multiplied by at the start (google-research/xtreme, third_party/bert.py); learnt from there on."""


class Scaled(nn.Module):
    """Vectors [n, H] at length sqrt(scale), so that the product of two is their cosine times the scale.

    The scale is learnt as its logarithm, which keeps it positive; cosines, and so rankings, do not depend on it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(SCALE)))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return F.normalize(vectors, dim=-1) * (self.log_scale / 2).exp()


class DualHead(PredictionHead):  # type: ignore[misc]
    """BERT's pooler (dense, tanh) on the first token, and the learnt scale: the dual encoder of XTREME-R's LAReQA and Mewsli-X.

    A prediction head of `adapters`, added with `model.add_prediction_head`; plain `adapters` reads it back once its class
    is registered as "dual".
    """

    def __init__(self, model: Any, head_name: str) -> None:
        super().__init__(head_name)
        self.config = {
            "head_type": "dual",
            "layers": 1,
            "activation_function": "tanh",
            "use_pooler": False,
            "bias": True,
        }
        self.build(model)
        self.add_module("scaled", Scaled())
