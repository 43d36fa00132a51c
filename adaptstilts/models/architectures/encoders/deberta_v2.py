"""DeBERTa v2 and v3 (He et al. 2021, 2023): attention tells content and relative position apart; mDeBERTa v3 is multilingual."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures import fields as bert
from adaptstilts.models.size import EncoderShape

_WAYS = ("c2p", "p2c")


def _ways(value: Any) -> bool:
    """Content to position, position to content, or both: as a list, or a text with a bar between; null is none."""
    names = value.split("|") if type(value) is str else value
    return names is None or (type(names) is list and all(name in _WAYS for name in names))


def _reach(fields: Mapping[str, Any]) -> int:
    """How many relative positions there are on either side: buckets of them, or each."""
    buckets, most = fields.get("position_buckets", -1), fields.get("max_relative_positions", -1)
    positions: int = fields.get("max_position_embeddings", 512)
    return buckets if buckets > 0 else most if most > 0 else positions


def shape(fields: Mapping[str, Any]) -> EncoderShape:
    found = replace(bert.shape(fields), types=fields.get("type_vocab_size", 0))
    wide, ways = found.width, fields.get("pos_att_type") or ()
    more = 0 if fields.get("position_biased_input", True) else -found.positions * wide
    layer_more = 0
    if fields.get("relative_attention", False):
        more += 2 * _reach(fields) * wide
        if not fields.get("share_att_key", False):
            layer_more = sum(name in ways for name in _WAYS) * (wide + 1) * wide
    if "layer_norm" in fields.get("norm_rel_ebd", "none"):
        more += 2 * wide
    return replace(found, more=more, layer_more=layer_more)


def odd(fields: Mapping[str, Any]) -> str:
    if fields.get("pos_att_type") and not fields.get("relative_attention", False):
        return "pos_att_type is set without relative_attention"
    if fields.get("relative_attention", False) and not fields.get("pos_att_type"):
        return "relative_attention is set without pos_att_type"
    wide, count = fields["hidden_size"], fields["num_attention_heads"]
    if fields.get("embedding_size", wide) != wide:
        return "embedding_size is not hidden_size"
    if fields.get("attention_head_size", wide // count) != wide // count:
        return "attention_head_size is not hidden_size by num_attention_heads"
    return bert.heads(fields)


_SIGNED = lambda value: value == -1 or bert.count(value)  # noqa: E731
_DENSE, _NORM = "predictions.transform.dense", "predictions.transform.LayerNorm"

architecture = Architecture(
    name="deberta-v2",
    summary="DeBERTa v2 and v3: mDeBERTa v3",
    config="DebertaV2Config",
    model="adapters.DebertaV2AdapterModel",
    encoder="deberta",
    fields={
        **{name: check for name, check in bert.BERT.items() if name not in ("position_embedding_type", "is_decoder")},
        "type_vocab_size": bert.natural,
        **dict.fromkeys(("relative_attention", "position_biased_input", "share_att_key"), bert.flag),
        **dict.fromkeys(("max_relative_positions", "position_buckets"), _SIGNED),
        "pos_att_type": _ways,
        "norm_rel_ebd": bert.only("none", "layer_norm"),
        "conv_kernel_size": bert.only(
            0
        ),  # the convolution of DeBERTa v2 xlarge reads embeddings beside the first layer
        "z_steps": bert.only(0),
    },
    needed=bert.BERT_NEEDED,
    shape=shape,
    odd=odd,
    specials=bert.BERT_TOKENS,
    attention="eager",
    inside=(".intermediate.dense",),
    lora={f"{place}_proj" if "self" in place else place: which for place, which in bert.BERT_LORA.items()},
    prefixes=("deberta.",),
    ignored=("lm_predictions.", "mask_predictions.", *bert.IGNORED),
    head={
        "dense.weight": f"cls.{_DENSE}.weight",
        "dense.bias": f"cls.{_DENSE}.bias",
        "norm.weight": f"cls.{_NORM}.weight",
        "norm.bias": f"cls.{_NORM}.bias",
        "bias": "cls.predictions.bias",
    },
    published_head={
        "dense.weight": "lm_predictions.lm_head.dense.weight",
        "dense.bias": "lm_predictions.lm_head.dense.bias",
        "norm.weight": "lm_predictions.lm_head.LayerNorm.weight",
        "norm.bias": "lm_predictions.lm_head.LayerNorm.bias",
        "bias": "lm_predictions.lm_head.bias",
    },
    head_activation="hidden_act",
    citation="He et al. 2023, arXiv 2111.09543",
)
