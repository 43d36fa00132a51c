"""A tiny random encoder of every architecture, as `transformers` itself saves it."""

from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel

from adaptstilts.models.architectures import ARCHITECTURES

SIZES = {
    "vocab_size": 65, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48,
    "max_position_embeddings": 66, "initializer_range": 0.3,
}  # fmt: skip
OWN = {
    "xlm-roberta": {"pad_token_id": 1, "type_vocab_size": 1},
    "roberta": {"pad_token_id": 1, "type_vocab_size": 1},
    "bert": {"pad_token_id": 0},
    "electra": {"pad_token_id": 0, "embedding_size": 16},
    "distilbert": {"pad_token_id": 0},
    "deberta-v2": {
        "pad_token_id": 0, "type_vocab_size": 0, "relative_attention": True, "position_buckets": 4, "share_att_key": True,
        "max_relative_positions": -1, "norm_rel_ebd": "layer_norm", "pos_att_type": "p2c|c2p", "position_biased_input": False,
    },
    "xmod": {
        "pad_token_id": 1, "type_vocab_size": 1, "languages": ["en_XX", "de_DE", "sw_KE"], "adapter_reduction_factor": 2,
        "ln_before_adapter": True, "adapter_reuse_layer_norm": True, "adapter_layer_norm": False, "pre_norm": False,
    },
    "modernbert": {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "local_attention": 4, "num_hidden_layers": 3},
}  # fmt: skip
"""What the configs of published encoders set beside their sizes."""
SPELT = {
    "hidden_size": "dim",
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
}
FIRST = {"<s>": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "[CLS]": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]}
"""Special tokens by id, by the first token's name."""


def config_of(name: str, **changes):
    """A tiny config of one architecture."""
    sizes = {
        SPELT.get(key, key) if name == "distilbert" else key: value for key, value in {**SIZES, **OWN[name]}.items()
    }
    return getattr(transformers, ARCHITECTURES.get(name).config)(**{**sizes, **changes})


def make(folder: Path, name: str, **changes) -> Path:
    """A model folder: config, weights with the head for masked-language modelling, and a tokenizer of 60 words."""
    known = ARCHITECTURES.get(name)
    first = FIRST[known.specials["cls_token"]]
    words = {word: i for i, word in enumerate(first + [f"w{i}" for i in range(60)])}
    tokenizer = Tokenizer(WordLevel(words, unk_token=known.specials["unk_token"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(11)
    model = transformers.AutoModelForMaskedLM.from_config(config_of(name, **changes))
    with torch.no_grad():  # biases start at zero, and X-MOD's languages alike
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape)
    model.tie_weights()
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
