"""Checks of the fields of a config, and those that BERT and its like have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adaptstilts.models.size import EncoderShape

Check = Callable[[Any], bool]

ACTIVATIONS = frozenset({"gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "tanh"})


def count(value: Any) -> bool:
    """A size of something that there is."""
    return type(value) is int and 0 < value <= 2_000_000


def natural(value: Any) -> bool:
    """A size of something that there may be none of."""
    return type(value) is int and 0 <= value <= 2_000_000


def token(value: Any) -> bool:
    """A token id, or none."""
    return value is None or (type(value) is int and 0 <= value < 2_000_000)


def share(value: Any) -> bool:
    """A probability below one, or a small number."""
    return type(value) in (int, float) and 0 <= value < 1


def number(value: Any) -> bool:
    """A number above zero."""
    return type(value) in (int, float) and 0 < value <= 1e9


def flag(value: Any) -> bool:
    """True or False."""
    return type(value) is bool


def activation(value: Any) -> bool:
    """The name of a non-linearity."""
    return type(value) is str and value in ACTIVATIONS


def only(*values: Any) -> Check:
    """One of these very values."""
    return lambda value: any(type(value) is type(known) and value == known for known in values)


TOKENS: Mapping[str, Check] = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), token)
BERT_NEEDED = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_SHARES = ("hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range", "layer_norm_eps")

BERT: Mapping[str, Check] = {
    **dict.fromkeys((*BERT_NEEDED, "max_position_embeddings", "type_vocab_size"), count),
    "hidden_act": activation,
    **dict.fromkeys(_SHARES, share),
    "classifier_dropout": lambda value: value is None or share(value),
    "position_embedding_type": only("absolute"),
    "is_decoder": only(False),
    **TOKENS,
}

ROBERTA_TOKENS = {
    "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
    "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
}  # fmt: skip
BERT_TOKENS = {
    "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]",
}  # fmt: skip

BERT_LORA = {
    "attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v", "intermediate.dense": "intermediate",
    "output.dense": "output",
}  # fmt: skip
BERT_INSIDE = (".query", ".key", ".value", ".intermediate.dense")
ROBERTA_HEAD = {
    "dense.weight": "lm_head.dense.weight", "dense.bias": "lm_head.dense.bias", "norm.weight": "lm_head.layer_norm.weight",
    "norm.bias": "lm_head.layer_norm.bias", "bias": "lm_head.bias",
}  # fmt: skip
BERT_HEAD = {
    "dense.weight": "cls.predictions.transform.dense.weight", "dense.bias": "cls.predictions.transform.dense.bias",
    "norm.weight": "cls.predictions.transform.LayerNorm.weight", "norm.bias": "cls.predictions.transform.LayerNorm.bias",
    "bias": "cls.predictions.bias",
}  # fmt: skip
IGNORED = ("lm_head.", "cls.", "classifier.", "pooler.", "embeddings.position_ids", "qa_outputs.")
"""Tensors of published checkpoints that an encoder has no place for."""


def shape(fields: Mapping[str, Any]) -> EncoderShape:
    """Of BERT and its like."""
    return EncoderShape(
        fields["vocab_size"],
        fields.get("max_position_embeddings", 512),
        fields["hidden_size"],
        fields["num_hidden_layers"],
        fields["intermediate_size"],
        fields.get("type_vocab_size", 2),
    )


def heads(fields: Mapping[str, Any]) -> str:
    """What BERT and its like ask of a width."""
    if fields["hidden_size"] % fields["num_attention_heads"]:
        return "hidden_size is not a multiple of num_attention_heads"
    return ""
