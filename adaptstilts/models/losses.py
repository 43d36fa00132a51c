"""How raw outputs meet targets: one function per loss that a kind's head may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch.nn import functional as F

from adaptstilts.models.batch import IGNORED, Batch


def label_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy of [n, labels] against [n]."""
    return F.cross_entropy(outputs, _targets(batch))


def choice_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy over the inputs of each row; `outputs` are [n, 1], rows may have different numbers of choices."""
    scores = outputs[:, 0]
    sizes = batch.groups or ()
    if len(set(sizes)) == 1:
        return F.cross_entropy(scores.view(-1, sizes[0]), _targets(batch))
    rows = torch.nn.utils.rnn.pad_sequence(
        list(torch.split(scores, list(sizes))), batch_first=True, padding_value=float("-inf")
    )
    return F.cross_entropy(rows, _targets(batch))


def span_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean of the cross entropies of start and end over [n, length, 2]; padded positions take no part."""
    scores = outputs.masked_fill(~batch.mask[:, :, None], float("-inf"))
    return F.cross_entropy(scores, _targets(batch))


def tags_loss(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy per tagged token of [n, length, tags]; zero for a batch without any."""
    total = F.cross_entropy(outputs.flatten(0, 1), _targets(batch).flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (_targets(batch) != IGNORED).sum().clamp(min=1)


def _targets(batch: Batch) -> torch.Tensor:
    if batch.targets is None:
        raise ValueError("a batch without targets has no loss")
    return batch.targets


LOSSES: Mapping[str, Callable[[torch.Tensor, Batch], torch.Tensor]] = {
    "label": label_loss,
    "choice": choice_loss,
    "span": span_loss,
    "tags": tags_loss,
}
