"""How well an encoder of the pocket languages finds a sentence's translation, per layer and language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from adaptstilts.models.door.open import open_backbone
from adaptstilts.pocket import LANGUAGES, rows
from adaptstilts.settings import BackboneSettings
from adaptstilts.training.pretraining.masked_rows import PAD

if TYPE_CHECKING:
    from adaptstilts.pocket.tokenizer import Tokenizer

RETRIEVAL_LAYER = 3
"""The layer whose vectors of translations are drawn together, so the one that finds them best."""


def pool(states: Tensor, mask: Tensor) -> Tensor:
    """[rows, length, hidden] to [rows, hidden]: the mean over tokens that are not padding."""
    weight = mask.unsqueeze(-1).to(states.dtype)
    return (states * weight).sum(1) / weight.sum(1).clamp(min=1)


@torch.no_grad()
def vectors(encoder: Any, tokenizer: Tokenizer, texts: Sequence[str], layers: Sequence[int]) -> dict[int, Tensor]:
    """Layer -> [texts, hidden], unit vectors: the mean over a text's tokens, end marks included."""
    found: dict[int, list[Tensor]] = {layer: [] for layer in layers}
    for at in range(0, len(texts), 64):
        encoded = tokenizer.encode_batch(list(texts[at : at + 64]))
        width = max(len(e.ids) for e in encoded)
        ids = torch.tensor([e.ids + [PAD] * (width - len(e.ids)) for e in encoded], device=encoder.device)
        mask = ids != PAD
        states = encoder(ids, attention_mask=mask.long(), output_hidden_states=True).hidden_states
        for layer in layers:
            found[layer].append(functional.normalize(pool(states[layer], mask).float(), dim=1).cpu())
    return {layer: torch.cat(parts) for layer, parts in found.items()}


def retrieval(
    encoder: Any, tokenizer: Tokenizer, *, rows: int = 500, layers: Sequence[int] | None = None, split: str = "test"
) -> dict[int, dict[str, float]]:
    """Layer -> language -> share of English sentences whose nearest neighbour by cosine is their translation."""
    chosen = tuple(layers or range(encoder.config.num_hidden_layers + 1))
    english = vectors(encoder, tokenizer, _sentences("en", rows, split), chosen)
    found: dict[int, dict[str, float]] = {layer: {} for layer in chosen}
    for code in LANGUAGES[1:]:
        other = vectors(encoder, tokenizer, _sentences(code, rows, split), chosen)
        for layer in chosen:
            nearest = (english[layer] @ other[layer].T).argmax(1)
            found[layer][code] = float((nearest == torch.arange(len(nearest))).float().mean())
    return found


def measure(folder: Path, *, rows: int = 500, split: str = "test") -> dict[int, dict[str, float]]:
    """`retrieval` of an encoder on disk; raises as `open_backbone`."""
    opened = open_backbone(BackboneSettings(name=str(folder)))
    return retrieval(opened.model.base_model, opened.tokenizer.backend_tokenizer, rows=rows, split=split)


def _sentences(code: str, n: int, split: str) -> list[str]:
    found: Iterable[Any] = rows("tatoeba", split, code, n)
    return [row.candidate for row in found]
