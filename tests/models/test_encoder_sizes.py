"""Encoders of full width with two layers, at random, against the count of `transformers`' own model on no memory at all."""

import json

import pytest
import torch
import transformers

from adaptstilts.config.load import load_config
from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.models.door.config import read_config
from adaptstilts.models.size import KNOWN

WIDE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
PUBLISHED = {
    "microsoft/mdeberta-v3-base": (
        "deberta-v2",
        {
            **WIDE, "vocab_size": 251000, "max_position_embeddings": 512, "relative_attention": True, "position_buckets": 256,
            "norm_rel_ebd": "layer_norm", "share_att_key": True, "pos_att_type": "p2c|c2p", "layer_norm_eps": 1e-7,
            "max_relative_positions": -1, "position_biased_input": False, "type_vocab_size": 0,
        },
    ),
    "facebook/xmod-base": (
        "xmod",
        {
            **WIDE, "vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1, "adapter_reduction_factor": 2,
            "ln_before_adapter": True, "adapter_reuse_layer_norm": True, "languages": [f"l{number}_XX" for number in range(81)],
        },
    ),
    "jhu-clsp/mmBERT-base": (
        "modernbert",
        {
            "vocab_size": 256000, "hidden_size": 768, "num_hidden_layers": 22, "num_attention_heads": 12, "intermediate_size": 1152,
            "max_position_embeddings": 8192, "local_rope_theta": 160000, "global_rope_theta": 160000, "position_embedding_type": "sans_pos",
            "classifier_pooling": "mean",
        },
    ),
    "jhu-clsp/mmBERT-small": (
        "modernbert",
        {
            "vocab_size": 256000, "hidden_size": 384, "num_hidden_layers": 22, "num_attention_heads": 6, "intermediate_size": 1152,
            "max_position_embeddings": 8192, "local_rope_theta": 160000, "global_rope_theta": 160000, "layer_norm_eps": 1e-5,
        },
    ),
    "BAAI/bge-m3": (
        "xlm-roberta",
        {
            "vocab_size": 250002, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
            "max_position_embeddings": 8194, "type_vocab_size": 1, "output_past": True, "layer_norm_eps": 1e-5,
        },
    ),
    "distilbert-base-multilingual-cased": (
        "distilbert",
        {"vocab_size": 119547, "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "sinusoidal_pos_embds": False},
    ),
}  # fmt: skip
"""What the published configs say of sizes (mmBERT's with fields that are none of the model's); X-MOD's languages by number."""


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("layers", [None, 2])
def test_sizes_are_those_of_the_published_configs(tmp_path, name, layers):
    model_type, fields = PUBLISHED[name]
    known = ARCHITECTURES.get(model_type)
    if layers:
        fields = {**fields, known.layer_count: layers}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type, **fields}))
    shape = read_config(tmp_path).shape
    with torch.device("meta"):
        described = getattr(transformers, known.config)(**fields)
        model = transformers.AutoModel.from_config(described)
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    assert shape.parameters == sum(p.numel() for p in model.parameters())
    if layers is None:
        assert shape.parameters == KNOWN[name].parameters and shape.width == KNOWN[name].width


@pytest.mark.parametrize("config", ["mdeberta", "xmod-base", "mmbert-base"])
def test_every_config_names_an_encoder_of_known_size(config):
    assert load_config(config).backbone.name in KNOWN
