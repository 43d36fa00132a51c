"""The prediction loop: one, for scores and for attacks that search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from adaptstilts.data.batching import packed
from adaptstilts.kinds.kind import Encoding, Facts, Kind, Limits, Tokenizer
from adaptstilts.rows import Row

if TYPE_CHECKING:
    import numpy as np

    from adaptstilts.models.assembly import Assembly
    from adaptstilts.training import Progress


TOKENS = {"cpu": 4096, "cuda": 32768}
"""Tokens in a batch, by device: a CPU is fastest while a batch stays in its caches."""


def predict(
    assembly: Assembly,
    encodings: Sequence[Encoding],
    *,
    tokens_per_batch: int | None = None,
    progress: Progress | None = None,
) -> list[np.ndarray]:
    """Raw float32 outputs, one array per encoding in their order: [outputs], [length, outputs] or [hidden].

    Inputs with the same ids and segments are run once and share one array. Batches are made of inputs of like length
    and hold at most `tokens_per_batch` tokens with padding (None: what suits the device), or one input. The assembly is put
    in evaluation mode.
    """
    order: dict[tuple[tuple[int, ...], int], int] = {}
    where = [order.setdefault((encoding.ids, encoding.second), len(order)) for encoding in encodings]
    lengths = [len(ids) for ids, _ in order]
    holders = {place: index for index, place in reversed(list(enumerate(where)))}
    found: list[np.ndarray | None] = [None] * len(order)
    assembly.eval()
    if progress is not None:
        progress.start(len(order), "predicting")
    try:
        with torch.inference_mode():
            for batch in packed(lengths, tokens_per_batch or TOKENS[assembly.device.type]):
                outputs = (
                    assembly(assembly.collate([encodings[holders[place]] for place in batch])).float().cpu().numpy()
                )
                for place, output in zip(batch, outputs, strict=True):
                    whole = assembly.head.level != "token"
                    # a copy, so that keeping one row does not keep the batch
                    found[place] = (output if whole else output[: lengths[place]]).copy()
                if progress is not None:
                    progress.advance(len(batch))
    finally:
        if progress is not None:
            progress.stop()
    return [array for place in where if (array := found[place]) is not None]


class Oracle:
    """A victim for searches (`attacks.Victim`): asks the assembly about rows as its kind encodes and decodes them.

    `pool` are rows that are decoded along with every question, as rivals: retrieval has no margin without them.
    """

    def __init__(
        self,
        assembly: Assembly,
        kind: Kind,
        facts: Facts,
        tokenizer: Tokenizer,
        limits: Limits,
        pool: Sequence[Row] = (),
    ) -> None:
        self.assembly, self.kind, self.facts, self.tokenizer, self.limits = assembly, kind, facts, tokenizer, limits
        self.pool = list(pool)

    def margins(self, rows: Sequence[Row]) -> list[float]:
        """Gold minus best rival from raw float32 outputs, one per row; below zero means wrong."""
        if not rows:
            return []
        asked = [*rows, *self.pool]
        encodings = self.kind.encode(asked, self.facts, self.tokenizer, self.limits)
        outputs = predict(self.assembly, encodings)
        found = self.kind.decode(asked, self.facts, encodings, outputs)
        return [prediction.margin for prediction in found[: len(rows)]]
