"""How large an encoder is, and roughly what memory a training step takes, from the shape in its config alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PROGRAM = 700 * 10**6
"""Bytes that Python, torch and the rows of a task take before any model is opened."""

PER_UNIT = 80
"""Bytes of activations for a token, a layer and a unit of width in bf16: XLM-R Large holds about 2 MB a token."""

GPU_TOKENS = 8192
"""Tokens of one training pass on a GPU: it is busy with as many, and XLM-R Large in bf16 holds about 2 MB a token."""

KEPT_ON_CPU = 10**9
"""Bytes of activations that a training pass on a CPU may keep; more is cut into several passes."""


@dataclass(frozen=True)
class EncoderShape:
    """What of an encoder's config decides its size; `types` is the number of token types.

    `layer_more` and `more` are parameters that a layer, and the rest, has beyond those of a BERT of these sizes.
    """

    vocabulary: int
    positions: int
    width: int
    layers: int
    inner: int
    types: int = 1
    layer_more: int = 0
    more: int = 0

    @property
    def parameters(self) -> int:
        """Parameters of the encoder without a pooler: embeddings with their norm, then attention, feed-forward and two norms a layer."""
        w, inner = self.width, self.inner
        embeddings = (self.vocabulary + self.positions + self.types + 2) * w
        layer = 4 * (w * w + w) + 2 * w * inner + inner + w + 4 * w
        return embeddings + self.more + self.layers * (layer + self.layer_more)

    @property
    def weights(self) -> int:
        """Bytes of the weights as they are loaded, in float32."""
        return 4 * self.parameters

    def training(self, tokens: int, *, half: bool, checkpointing: bool) -> int:
        """Bytes that a step of an adapter takes, to within a factor of about two; `tokens` go through in one pass.

        Everything that a pass keeps for its backward pass is counted, as if no weight were frozen. With checkpointing a
        layer keeps its input, and one layer at a time all the rest.
        """
        kept = PER_UNIT * self.width * (1 if half else 2)
        layer_input = self.width * (2 if half else 4)
        activations = kept + self.layers * layer_input if checkpointing else kept * self.layers
        return PROGRAM + self.weights + tokens * activations

    def cpu_tokens(self, lowest: int = 0) -> int:
        """How many tokens a training pass on a CPU takes at most: activations of KEPT_ON_CPU bytes in float32.

        The `lowest` layers, which nothing open lies below, keep none.
        """
        return max(1, KEPT_ON_CPU // (2 * PER_UNIT * self.width * max(1, self.layers - lowest)))

    @property
    def fine_tuning(self) -> int:
        """Bytes for weights, gradients and AdamW's two moments when everything is trained, activations not counted."""
        return PROGRAM + 4 * self.weights


XLMR_BASE = EncoderShape(250002, 514, 768, 12, 3072)
XLMR_LARGE = EncoderShape(250002, 514, 1024, 24, 4096)
MBERT = EncoderShape(119547, 512, 768, 12, 3072, types=2)
MDEBERTA = EncoderShape(251000, 512, 768, 12, 3072, types=0, more=2 * 768)
"""512 relative positions in the place of absolute ones, and their norm."""
XMOD_BASE = EncoderShape(250002, 514, 768, 12, 3072, layer_more=81 * (2 * 768 * 384 + 384 + 768))
"""A bottleneck for each of 81 languages in every layer."""
MMBERT_BASE = EncoderShape(256000, 0, 768, 22, 1152, types=0, layer_more=768 * 1152 - 7 * 768 - 1152, more=-768)
"""A third map in each feed-forward part, no biases, no positions."""
MMBERT_SMALL = EncoderShape(256000, 0, 384, 22, 1152, types=0, layer_more=384 * 1152 - 7 * 384 - 1152, more=-384)
BGE_M3 = EncoderShape(250002, 8194, 1024, 24, 4096)
MULTILINGUAL_DISTILBERT = EncoderShape(119547, 512, 768, 6, 3072, types=0)
KNOWN: Mapping[str, EncoderShape] = {
    "xlm-roberta-base": XLMR_BASE,
    "xlm-roberta-large": XLMR_LARGE,
    "FacebookAI/xlm-roberta-base": XLMR_BASE,
    "FacebookAI/xlm-roberta-large": XLMR_LARGE,
    "intfloat/multilingual-e5-base": XLMR_BASE,
    "intfloat/multilingual-e5-large": XLMR_LARGE,
    "microsoft/infoxlm-base": XLMR_BASE,
    "microsoft/infoxlm-large": XLMR_LARGE,
    "bert-base-multilingual-cased": MBERT,
    "google-bert/bert-base-multilingual-cased": MBERT,
    "distilbert-base-multilingual-cased": MULTILINGUAL_DISTILBERT,
    "distilbert/distilbert-base-multilingual-cased": MULTILINGUAL_DISTILBERT,
    "microsoft/mdeberta-v3-base": MDEBERTA,
    "facebook/xmod-base": XMOD_BASE,
    "jhu-clsp/mmBERT-base": MMBERT_BASE,
    "jhu-clsp/mmBERT-small": MMBERT_SMALL,
    "BAAI/bge-m3": BGE_M3,
    "e5-small": EncoderShape(250037, 512, 384, 12, 1536, types=2),
}
"""Models that may not be at hand, by their whole names on the Hub (their configs say these sizes)."""
