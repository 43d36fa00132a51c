"""How raw outputs meet targets: one function per loss that a kind's head may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

import torch
from torch.nn import functional as F

from adaptstilts.kinds.kind import IGNORED, Encoding, Head
from adaptstilts.models.batch import Batch

VALUE_PENALTY = 0.01
"""Weight of the squared distance of fusion's value matrices from the identity (Pfeiffer et al. 2021; `adapters`' trainer)."""


def label_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy of [n, labels] against [n]."""
    return F.cross_entropy(outputs, _targets(batch))


def choice_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy over the inputs of each row; `outputs` are [n, 1], rows may have different numbers of choices."""
    scores = outputs[:, 0]
    sizes = batch.groups or ()
    if len(set(sizes)) == 1:
        return F.cross_entropy(scores.view(-1, sizes[0]), _targets(batch))
    rows = list(torch.split(scores, list(sizes)))
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=float("-inf"))
    return F.cross_entropy(padded, _targets(batch))


def span_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean of the cross entropies of start and end over [n, length, 2]; padded positions take no part."""
    scores = outputs.masked_fill(~batch.mask[:, :, None], float("-inf"))
    return F.cross_entropy(scores, _targets(batch))


def value_penalty(values: Sequence[torch.Tensor]) -> torch.Tensor:
    """VALUE_PENALTY times the sum of |V - I|^2 over square matrices of one size."""
    stacked = torch.stack(list(values))
    identity = _identity(stacked.shape[1], stacked.dtype, stacked.device)
    return VALUE_PENALTY * F.mse_loss(stacked, identity.expand_as(stacked), reduction="sum")


@lru_cache(maxsize=2)
def _identity(size: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """[size, size], made once: every step of training asks for it."""
    return torch.eye(size, dtype=dtype, device=device)


def tags_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy per tagged token of [n, length, tags]; zero for a batch without any."""
    total = F.cross_entropy(outputs.flatten(0, 1), _targets(batch).flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (_targets(batch) != IGNORED).sum().clamp(min=1)


def masked_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy per masked token (Devlin et al. 2019) of [masked tokens, vocabulary]; zero for a batch without any."""
    targets = _targets(batch)
    chosen = targets[targets != IGNORED]
    return F.cross_entropy(outputs, chosen, reduction="sum") / max(1, len(chosen))


def contrast_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy of each query's own candidate among all candidates of the batch; `outputs` are [n, H].

    Targets are 0 for queries and 1 for candidates, each query's candidate beside it. Logits are dot products, from queries
    to candidates only, as google-research/xtreme trains LAReQA's dual encoder.
    """
    sides = _targets(batch)
    logits = outputs[sides == 0] @ outputs[sides == 1].T
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))


def terms(encodings: Sequence[Encoding], head: Head) -> int:
    """How many terms the mean in a head's loss over these encodings has; the mean over several batches weighs by it.

    Inputs, rows (of choices, or a query and its candidate), or tokens with a target.
    """
    if head.per == "row":
        return sum(1 for _ in groupby(encodings, key=lambda encoding: encoding.row))
    if head.per == "token":
        return sum(len(encoding.target) - encoding.target.count(IGNORED) for encoding in encodings)
    return len(encodings)


def _targets(batch: Batch) -> torch.Tensor:
    if batch.targets is None:
        raise ValueError("a batch without targets has no loss")
    return batch.targets


LOSSES: Mapping[str, Callable[[torch.Tensor, Batch], torch.Tensor]] = {
    "label": label_loss,
    "choice": choice_loss,
    "span": span_loss,
    "tags": tags_loss,
    "masked": masked_loss,
    "contrast": contrast_loss,
}
