"""How well the pocket encoder finds a sentence's translation, per layer and language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from adaptstilts.pocket import LANGUAGES, rows

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@torch.no_grad()
def vectors(encoder: Any, tokenizer: Tokenizer, texts: Sequence[str], layers: Sequence[int]) -> dict[int, torch.Tensor]:
    """Layer -> [texts, hidden], unit vectors: the mean over a text's tokens, end marks included."""
    found: dict[int, list[torch.Tensor]] = {layer: [] for layer in layers}
    for at in range(0, len(texts), 64):
        encoded = tokenizer.encode_batch(list(texts[at : at + 64]))
        width = max(len(e.ids) for e in encoded)
        ids = torch.tensor([e.ids + [1] * (width - len(e.ids)) for e in encoded])
        mask = (ids != 1).long()
        states = encoder(ids, attention_mask=mask, output_hidden_states=True).hidden_states
        for layer in layers:
            weight = mask.unsqueeze(-1).to(states[layer].dtype)
            mean = (states[layer] * weight).sum(1) / weight.sum(1)
            found[layer].append(torch.nn.functional.normalize(mean.float(), dim=1))
    return {layer: torch.cat(parts) for layer, parts in found.items()}


def retrieval(
    encoder: Any, tokenizer: Tokenizer, *, rows: int = 500, layers: Sequence[int] | None = None, split: str = "test"
) -> dict[int, dict[str, float]]:
    """Layer -> language -> share of English sentences whose nearest neighbour by cosine is their translation."""
    chosen = tuple(layers or range(encoder.config.num_hidden_layers + 1))
    english = vectors(encoder, tokenizer, [row.candidate for row in _sentences("en", rows, split)], chosen)
    found: dict[int, dict[str, float]] = {layer: {} for layer in chosen}
    for code in LANGUAGES[1:]:
        other = vectors(encoder, tokenizer, [row.candidate for row in _sentences(code, rows, split)], chosen)
        for layer in chosen:
            nearest = (english[layer] @ other[layer].T).argmax(1)
            found[layer][code] = float((nearest == torch.arange(len(nearest))).float().mean())
    return found


def measure(folder: Path, *, rows: int = 500, split: str = "test") -> dict[int, dict[str, float]]:
    """`retrieval` of an encoder on disk."""
    from tokenizers import Tokenizer
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(folder).float().eval()
    return retrieval(encoder, Tokenizer.from_file(str(folder / "tokenizer.json")), rows=rows, split=split)


def _sentences(code: str, n: int, split: str) -> list[Any]:
    return list(rows("tatoeba", split, code, n))
