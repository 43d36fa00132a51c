"""The prediction loop: one, for scores and for attacks that search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from adaptstilts.data.encoding.languages import in_languages
from adaptstilts.kinds.kind import Encoding, Facts, Kind, Limits, Tokenizer
from adaptstilts.models.lower import content
from adaptstilts.progress import Progress, Silent
from adaptstilts.rows import Row
from adaptstilts.training.batches import pack

if TYPE_CHECKING:
    import numpy as np

    from adaptstilts.models.assembly import Assembly


TOKENS = {"cpu": 1024, "cuda": 32768}
"""Tokens in a batch, by device: a CPU is fastest while a batch stays in its caches."""


def predict(
    assembly: Assembly,
    encodings: Sequence[Encoding],
    *,
    tokens_per_batch: int | None = None,
    progress: Progress | None = None,
    head: str = "",
) -> list[np.ndarray]:
    """Raw float32 outputs of one head (the first unless another is named), one array per encoding in their order.

    [outputs], [length, outputs] or [hidden]. Inputs with the same ids and segments are run once and share one array.
    Batches are made of inputs of like length and hold at most `tokens_per_batch` tokens with padding (None: what suits
    the device), or one input. The assembly is put in evaluation mode. It works in the process that asks and knows of no
    other: of those that train together only the main one predicts.
    """
    order: dict[bytes, int] = {}
    where: list[int] = []
    holders: list[int] = []
    lengths: list[int] = []
    for index, encoding in enumerate(encodings):
        where.append(order.setdefault(content(encoding), len(order)))
        if len(order) > len(holders):
            holders.append(index)
            lengths.append(len(encoding.ids))
    found: list[np.ndarray | None] = [None] * len(order)
    level = assembly.heads[head or assembly.head_name].level
    assembly.eval()
    watcher = progress or Silent()
    watcher.start(len(order), "predicting")
    try:
        with torch.inference_mode():
            for batch in pack(lengths, tokens_per_batch or TOKENS[assembly.device.type]):
                inputs = assembly.collate([encodings[holders[place]] for place in batch], head=head)
                outputs = assembly(inputs).float().cpu().numpy()
                for place, output in zip(batch, outputs, strict=True):
                    # a copy, so that keeping one row does not keep the batch
                    found[place] = (output[: lengths[place]] if level == "token" else output).copy()
                watcher.advance(len(batch))
    finally:
        watcher.stop()
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

    def encode(self, rows: Sequence[Row]) -> list[Encoding]:
        """The model's inputs for some rows."""
        found = self.kind.encode(rows, self.facts, self.tokenizer, self.limits)
        return in_languages(found, rows, self.facts) if self.assembly.backbone.languages else found

    def margins(self, rows: Sequence[Row]) -> list[float]:
        """Gold minus best rival from raw float32 outputs, one per row; below zero means wrong."""
        if not rows:
            return []
        asked = [*rows, *self.pool]
        encodings = self.encode(asked)
        outputs = predict(self.assembly, encodings)
        found = self.kind.decode(asked, self.facts, encodings, outputs)
        return [prediction.margin for prediction in found[: len(rows)]]
