"""The recipe of a pocket encoder: its shape, how long it learns, and from how much of which text."""

from __future__ import annotations

from dataclasses import dataclass

from adaptstilts.pocket import VERSION


@dataclass(frozen=True)
class EncoderRecipe:
    """Everything that decides the weights, but for the machine's arithmetic.

    A step reads `pairs` rows of two segments, `documents` rows of one text, and `aligned` texts in two languages each, half of
    them the other half with a changed meaning. `contrast` weighs the term that draws translations together and keeps all
    else apart, `words` the same for each content word and its translation, in `word_layers` (0: masked words only).
    `sentences` of each language teach the tokenizer.
    """

    seed: int = 1
    steps: int = 5000
    hidden: int = 128
    layers: int = 4
    heads: int = 4
    rate: float = 3e-3
    warmup: float = 0.06
    pairs: int = 30
    documents: int = 26
    aligned: int = 24
    same: float = 0.35
    contrast: float = 0.2
    temperature: float = 0.07
    words: float = 0.5
    word_layers: tuple[int, ...] = (2, 3)
    word_temperature: float = 0.1
    masked: float = 0.25
    bfloat16: bool = True
    sentences: int = 3000
    version: int = VERSION

    def rate_at(self, step: int) -> float:
        """Linear warm-up, then linear decay to nothing."""
        warm = max(1, int(self.warmup * self.steps))
        if step < warm:
            return self.rate * (step + 1) / warm
        return self.rate * max(0.0, (self.steps - step) / max(1, self.steps - warm))
