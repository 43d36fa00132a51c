"""DistilBERT (Sanh et al. 2019): every other layer of BERT, multilingual BERT's among them."""

from collections.abc import Mapping
from typing import Any

from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures.fields import BERT_TOKENS, TOKENS, activation, count, flag, share
from adaptstilts.models.size import EncoderShape


def shape(fields: Mapping[str, Any]) -> EncoderShape:
    return EncoderShape(
        fields["vocab_size"],
        fields.get("max_position_embeddings", 512),
        fields["dim"],
        fields["n_layers"],
        fields["hidden_dim"],
        types=0,
    )


architecture = Architecture(
    name="distilbert",
    summary="DistilBERT: multilingual DistilBERT",
    config="DistilBertConfig",
    model="adapters.DistilBertAdapterModel",
    encoder="distilbert",
    fields={
        **dict.fromkeys(("vocab_size", "dim", "n_layers", "n_heads", "hidden_dim", "max_position_embeddings"), count),
        **dict.fromkeys(
            ("dropout", "attention_dropout", "qa_dropout", "seq_classif_dropout", "initializer_range"), share
        ),
        "activation": activation,
        "sinusoidal_pos_embds": flag,
        **TOKENS,
    },
    needed=("vocab_size", "dim", "n_layers", "n_heads", "hidden_dim"),
    shape=shape,
    odd=lambda fields: "dim is not a multiple of n_heads" if fields["dim"] % fields["n_heads"] else "",
    specials=BERT_TOKENS,
    layers="transformer.layer",
    layer_count="n_layers",
    inside=(".lin1",),
    lora={**{f"attention.{which}_lin": which for which in "qkv"}, "ffn.lin1": "intermediate", "ffn.lin2": "output"},
    prefixes=("distilbert.",),
    ignored=("vocab_", "classifier.", "pre_classifier.", "qa_outputs.", "embeddings.position_ids"),
    head={
        "dense.weight": "vocab_transform.weight",
        "dense.bias": "vocab_transform.bias",
        "norm.weight": "vocab_layer_norm.weight",
        "norm.bias": "vocab_layer_norm.bias",
        "bias": "vocab_projector.bias",
    },
    head_activation="activation",
    unfit={
        "prefix_tuning": "`adapters` adds one to the scores of a prefix where an input of the batch is padded, and zero where none is "
        "(findings/adapters_distilbert_prefix.sh)"
    },
    citation="Sanh et al. 2019, arXiv 1910.01108",
)
