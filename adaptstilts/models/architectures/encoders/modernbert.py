"""ModernBERT (Warner et al. 2024): rotary positions, attention near by in most layers, gated maps; mmBERT is multilingual."""

from collections.abc import Mapping
from typing import Any

from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures.fields import (
    BERT_NEEDED,
    BERT_TOKENS,
    TOKENS,
    activation,
    count,
    flag,
    heads,
    number,
    share,
)
from adaptstilts.models.size import EncoderShape


def shape(fields: Mapping[str, Any]) -> EncoderShape:
    """Three maps in a feed-forward part, no positions; biases where the config asks for them. The first layer has one norm."""
    wide, inner = fields["hidden_size"], fields["intermediate_size"]
    norm = wide * (2 if fields.get("norm_bias", False) else 1)
    layer = 4 * wide * wide + 3 * wide * inner + 2 * norm
    layer += 4 * wide if fields.get("attention_bias", False) else 0
    layer += 2 * inner + wide if fields.get("mlp_bias", False) else 0
    plain = EncoderShape(fields["vocab_size"], 0, wide, fields["num_hidden_layers"], inner, types=0)
    counted = 4 * (wide * wide + wide) + 2 * wide * inner + inner + wide + 4 * wide
    return EncoderShape(
        plain.vocabulary, 0, wide, plain.layers, inner, types=0, layer_more=layer - counted, more=norm - 2 * wide
    )


def odd(fields: Mapping[str, Any]) -> str:
    if "rope_parameters" in fields and not {"global_rope_theta", "local_rope_theta"} <= fields.keys():
        return "its rotary positions are told as transformers 5 tells them; global_rope_theta and local_rope_theta are needed"
    if not heads(fields) and fields["hidden_size"] // fields["num_attention_heads"] % 2:
        return "hidden_size by num_attention_heads is odd, and rotary positions are of pairs"
    return heads(fields)


architecture = Architecture(
    name="modernbert",
    summary="ModernBERT: mmBERT",
    config="ModernBertConfig",
    model="adaptstilts.models.architectures.built.modernbert.ModernBertAdapterModel",
    encoder="model",
    fields={
        **dict.fromkeys((*BERT_NEEDED, "max_position_embeddings", "global_attn_every_n_layers", "local_attention"), count),
        "hidden_activation": activation,
        "classifier_activation": activation,
        **dict.fromkeys(
            (
                "attention_dropout", "embedding_dropout", "mlp_dropout", "classifier_dropout", "initializer_range", "norm_eps",
            ),
            share,
        ),
        "global_rope_theta": number,
        "local_rope_theta": lambda value: value is None or number(value),
        **dict.fromkeys(("attention_bias", "mlp_bias", "norm_bias", "decoder_bias", "classifier_bias"), flag),
        **TOKENS,
    },
    needed=BERT_NEEDED,
    shape=shape,
    odd=odd,
    specials=BERT_TOKENS,
    pad=50283,
    layers="layers",
    inside=(".mlp.Wi",),
    lora={"attn.Wqkv": "qkv", "mlp.Wi": "intermediate", "mlp.Wo": "output"},
    after=("final_norm",),
    prefixes=("model.",),
    ignored=("head.", "decoder.", "classifier."),
    head={
        "dense.weight": "head.dense.weight",
        "dense.bias": "head.dense.bias",
        "norm.weight": "head.norm.weight",
        "norm.bias": "head.norm.bias",
        "bias": "decoder.bias",
    },
    head_activation="classifier_activation",
    apart="`adapters` adds a random bias to queries, keys and values (findings/adapters_modernbert_bias.sh)",
    unfit={"prefix_tuning": "`adapters` has no prefixes for encoders that are brought in by its interface"},
    citation="Warner et al. 2024, arXiv 2412.13663",
)  # fmt: skip
