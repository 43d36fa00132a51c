"""What pretraining minimises: the loss of hidden words, and how far translations are from finding each other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from adaptstilts.models.language_model import MaskedLanguageModel
from adaptstilts.training.pretraining.masked_rows import PAD, MaskedRows, Meaning, TranslatedWord
from adaptstilts.training.pretraining.recipe import EncoderRecipe
from adaptstilts.training.pretraining.retrieval import RETRIEVAL_LAYER, pool


def losses(model: MaskedLanguageModel, parts: Sequence[MaskedRows], recipe: EncoderRecipe) -> tuple[Tensor, float]:
    """What to minimise, and the mean loss of the hidden words in it."""
    total = torch.zeros(())
    vectors: dict[int, Tensor] = {}
    meant: dict[tuple[int, Meaning], Tensor] = {}
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16 and _fast_bfloat16()):
        for part in parts:
            mask = part.ids != PAD
            out = model.roberta(part.ids, attention_mask=mask, output_hidden_states=True)
            logits = model.lm_head(out.last_hidden_state.flatten(0, 1)[part.places])
            total = total + functional.cross_entropy(logits.float(), part.targets, reduction="sum")
            if recipe.contrast:
                pooled = functional.normalize(pool(out.hidden_states[RETRIEVAL_LAYER].float(), mask), dim=1)
                meant.update(_word_vectors(out.hidden_states, part.words, recipe))
                vectors.update(zip(part.rows, pooled[: len(part.rows)], strict=True))
    words = total / sum(len(part.targets) for part in parts)
    if not (recipe.contrast and recipe.aligned):
        return words, float(words.detach())
    drawn = recipe.contrast * _contrast(vectors, recipe) + recipe.words * _word_contrast(meant, recipe)
    return words + drawn, float(words.detach())


def _word_vectors(
    states: Sequence[Tensor], words: Sequence[TranslatedWord], recipe: EncoderRecipe
) -> dict[tuple[int, Meaning], Tensor]:
    """[layers, hidden] for each content word: the mean over its tokens, of length one."""
    if not words:
        return {}
    flat = torch.stack([states[layer].float().flatten(0, 1) for layer in recipe.word_layers])
    tokens = torch.tensor([token for word in words for token in word.tokens])
    owner = torch.tensor([at for at, word in enumerate(words) for _ in word.tokens])
    sums = torch.zeros(len(recipe.word_layers), len(words), flat.shape[-1]).index_add(1, owner, flat[:, tokens])
    unit = functional.normalize(sums, dim=-1)
    return {(word.row, word.meaning): unit[:, at] for at, word in enumerate(words)}


def _word_contrast(meant: dict[tuple[int, Meaning], Tensor], recipe: EncoderRecipe) -> Tensor:
    """How far a word is from finding its translation among all content words of the step (InfoNCE, both ways).

    The same concept in the same role elsewhere in the step is neither right nor wrong, and is left out.
    """
    both = [(row, meaning) for row, meaning in meant if row % 2 == 0 and (row + 1, meaning) in meant]
    if not both:
        return torch.zeros(())
    one = torch.stack([meant[key] for key in both], 1)
    other = torch.stack([meant[row + 1, meaning] for row, meaning in both], 1)
    kinds = {meaning: at for at, meaning in enumerate(sorted({meaning for _, meaning in both}))}
    sorts = torch.tensor([kinds[meaning] for _, meaning in both])
    same = (sorts[:, None] == sorts[None, :]) & ~torch.eye(len(both), dtype=torch.bool)
    similar = (one @ other.transpose(1, 2) / recipe.word_temperature).masked_fill(same, -1e4)
    gold = torch.arange(len(both)).expand(len(similar), -1)
    return _both_ways(similar, gold)


def _contrast(vectors: dict[int, Tensor], recipe: EncoderRecipe) -> Tensor:
    """How far translations are from being each other's nearest among the step's aligned texts (InfoNCE, both ways)."""
    one = torch.stack([vectors[2 * i] for i in range(recipe.aligned)])
    other = torch.stack([vectors[2 * i + 1] for i in range(recipe.aligned)])
    similar = one @ other.T / recipe.temperature
    gold = torch.arange(recipe.aligned)
    return _both_ways(similar, gold)


def _both_ways(similar: Tensor, gold: Tensor) -> Tensor:
    """InfoNCE (van den Oord et al. 2018) of scores whose last two sides are texts and their translations, from either side."""
    return (functional.cross_entropy(similar, gold) + functional.cross_entropy(similar.transpose(-1, -2), gold)) / 2


def _fast_bfloat16() -> bool:
    return bool(torch.backends.cpu.get_cpu_capability() == "AVX512" and torch.ops.mkldnn._is_mkldnn_bf16_supported())
