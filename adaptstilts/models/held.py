"""Self-attention and dropout of an encoder that a CPU holds in bfloat16: torch's own are slow there when they train.

With dropout `scaled_dot_product_attention` turns to float32 on a CPU, and without it its backward pass is slower still; masks of
dropout are drawn a number at a time. `benchmarks/processor.py` measures what that costs.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from adapters.composition import adjust_tensors_for_parallel, match_attn_matrices_for_parallel
from adapters.utils import prefix_attention_mask
from torch import nn

WORD = 4
"""Random numbers of 16 bits in each word of 64 that the generator gives."""


def dropped(values: torch.Tensor, share: float) -> torch.Tensor:
    """`values` with this share of them set to zero and the others scaled up; the share is rounded to 1/65,536.

    Which ones is drawn from torch's generator, 16 bits a value.
    """
    size, cut = values.numel(), round(share * 2**16)
    words = torch.empty(-(-size // WORD), dtype=torch.int64).random_(-(2**63), None)
    kept = (words.view(torch.int16)[:size] >= cut - 2**15).view(values.shape)
    return values * kept.to(values.dtype).mul_(2**16 / (2**16 - cut))


class CheapDropout(nn.Dropout):
    """Dropout whose masks are drawn 16 bits a value."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return dropped(input, self.p) if self.training and self.p else input


def hold_attention(module: Any) -> None:
    """Let a self-attention of `adapters` with absolute positions attend in the precision of its matrices from now on."""
    if module.position_embedding_type == "absolute":
        module.forward = MethodType(_attend, module)


def _attend(
    module: Any,
    hidden_states: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    head_mask: torch.Tensor | None = None,
    encoder_hidden_states: torch.Tensor | None = None,
    *_: Any,
    **__: Any,
) -> tuple[torch.Tensor, None]:
    """[n, length, H]: what these states, [n, length, H], read from the others, or from one another where none are given.

    As `adapters` computes it, prefixes and parallel blocks included; heads are never masked.
    """
    mask = prefix_attention_mask(attention_mask, [2, 3])
    others = hidden_states if encoder_hidden_states is None else encoder_hidden_states
    queries, keys, values = match_attn_matrices_for_parallel(
        _by_head(module, module.query(hidden_states)),
        _by_head(module, module.key(others)),
        _by_head(module, module.value(others)),
    )
    (mask,) = adjust_tensors_for_parallel(queries, mask)
    keys, values, mask = module.prefix_tuning(keys, values, hidden_states, mask)
    (queries,) = adjust_tensors_for_parallel(keys, queries)
    scores = torch.matmul(_wide(queries) * module.attention_head_size**-0.5, _wide(keys).transpose(-1, -2))
    weights = (scores if mask is None else scores + mask).softmax(-1).to(values.dtype)
    if module.training and module.dropout.p:
        weights = dropped(weights, module.dropout.p)
    found = torch.matmul(weights, values).transpose(1, 2)
    return found.reshape(len(found), -1, module.all_head_size), None


def _wide(states: torch.Tensor) -> torch.Tensor:
    """The same in at least float32: scores rounded to bfloat16 would move the softmax, and products of heads are no faster in it."""
    return states.to(torch.promote_types(states.dtype, torch.float32))


def _by_head(module: Any, states: torch.Tensor) -> torch.Tensor:
    """[n, heads, length, width of a head] of [n, length, H]."""
    return states.view(len(states), -1, module.num_attention_heads, module.attention_head_size).transpose(1, 2)
