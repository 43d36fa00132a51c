"""A fresh XLM-R with its head for masked words: what pretraining trains, and the files that every reader of checkpoints knows."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

from adaptstilts.files import replacing

MaskedLanguageModel = XLMRobertaForMaskedLM
_TIED = ("lm_head.decoder.weight", "roberta.embeddings.position_ids")


def fresh_language_model(
    *, vocabulary: int, hidden: int, layers: int, heads: int, positions: int, seed: int
) -> MaskedLanguageModel:
    """A model without dropout that follows `seed` alone, for texts of at most `positions` tokens; it is in training mode."""
    config = XLMRobertaConfig(  # type: ignore[no-untyped-call]
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * hidden,
        max_position_embeddings=positions + 2,  # they are counted from behind the padding token
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.04,
        type_vocab_size=1,
    )
    config._attn_implementation = "eager"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: MaskedLanguageModel = MaskedLanguageModel(config)  # type: ignore[no-untyped-call]
    model.train()
    return model


def save_language_model(model: MaskedLanguageModel, folder: Path) -> None:
    """Write config.json and model.safetensors, in float16, as `from_pretrained` reads them."""
    config = model.config.to_dict()
    config.update(torch_dtype="float16", architectures=["XLMRobertaForMaskedLM"])
    model.config.from_dict(config).to_json_file(folder / "config.json")
    state = {name: value.detach().half().clone() for name, value in model.state_dict().items() if name not in _TIED}
    with replacing(folder / "model.safetensors") as beside:
        save_file(state, beside, metadata={"format": "pt"})
