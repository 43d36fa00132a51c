"""Model inputs side by side as tensors, padded on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import torch

from adaptstilts.kinds.kind import IGNORED, Encoding, Head


@dataclass(frozen=True)
class Batch:
    """Inputs of one forward pass, n of them, padded to one length.

    `ids` and `mask` (True on real tokens) are [n, length]; `types` is BERT's segment of each token, None for other
    encoders. `targets` is [n] labels, [n, 2] spans, [n, length] tags or masked tokens, or [rows] right choices; `groups`
    are the inputs of each row of a multiple choice, in order. Both are None where there is nothing to learn. `head` names
    the head that the batch is for; empty for an assembly's first. `lower` [n, length, H] is what the lowest layers gave for
    these inputs, where that is known. `spoken` is [n] on the CPU, which of the encoder's languages each input is in, where it has such.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    types: torch.Tensor | None = None
    targets: torch.Tensor | None = None
    groups: tuple[int, ...] | None = None
    head: str = ""
    lower: torch.Tensor | None = None
    spoken: torch.Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The batch on a device; itself if it is there already. `spoken` stays: every layer asks for its numbers."""
        if self.ids.device == device:
            return self
        held = {name: getattr(self, name) for name in ("ids", "mask", "types", "targets", "lower")}
        moved = {name: t.to(device, non_blocking=True) for name, t in held.items() if t is not None}
        return replace(self, **moved)


def collate(encodings: Sequence[Encoding], pad: int, *, segments: bool = False, head: Head | None = None) -> Batch:
    """Encodings as one batch, as long as its longest input.

    `pad` fills up. With `segments` the tokens from `Encoding.second` on are of type 1 (Devlin et al. 2019). With a
    `head` targets come along; the encodings of one multiple-choice row must then lie side by side.
    """
    length = max(len(encoding.ids) for encoding in encodings)
    ids = torch.tensor(_padded([encoding.ids for encoding in encodings], length, pad))
    places = torch.arange(length)
    mask = places < torch.tensor([len(encoding.ids) for encoding in encodings])[:, None]
    types = _segments(encodings, places) * mask if segments else None
    if head is None or not head.learns:
        return Batch(ids, mask, types)
    if head.loss == "choice":
        rows = [list(group) for _, group in groupby(encodings, key=lambda encoding: encoding.row)]
        right = torch.tensor([row[0].target for row in rows])
        return Batch(ids, mask, types, right, tuple(len(row) for row in rows))
    if head.per == "token":
        targets: Any = _padded([encoding.target for encoding in encodings], length, IGNORED)
    else:
        targets = [encoding.target for encoding in encodings]
    return Batch(ids, mask, types, torch.tensor(targets))


def _padded(sequences: Sequence[Sequence[int]], length: int, filler: int) -> list[list[int]]:
    return [[*sequence, *[filler] * (length - len(sequence))] for sequence in sequences]


def _segments(encodings: Sequence[Encoding], places: torch.Tensor) -> torch.Tensor:
    """0 before the second segment's first token, 1 from it on; all 0 where there is one segment only."""
    starts = torch.tensor([encoding.second or len(places) for encoding in encodings])
    return (places >= starts[:, None]).long()
