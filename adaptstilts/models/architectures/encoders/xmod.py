"""X-MOD (Pfeiffer et al. 2022): XLM-R whose every layer ends in a bottleneck of the text's own language."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures import fields as bert
from adaptstilts.models.size import EncoderShape


def _languages(value: Any) -> bool:
    """Up to a few hundred names such as en_XX."""
    named = type(value) in (list, tuple) and 0 < len(value) <= 500
    return named and all(type(name) is str and 0 < len(name) <= 20 and name.isidentifier() for name in value)


def shape(fields: Mapping[str, Any]) -> EncoderShape:
    found = bert.shape(fields)
    wide = found.width
    narrow = wide // fields.get("adapter_reduction_factor", 2)
    spoken = len(fields["languages"]) * (2 * wide * narrow + narrow + wide)
    own_norm = 2 * wide if fields.get("adapter_layer_norm", False) else 0
    return replace(found, layer_more=spoken + own_norm, more=2 * wide if fields.get("pre_norm", False) else 0)


def odd(fields: Mapping[str, Any]) -> str:
    if not 0 < fields.get("adapter_reduction_factor", 2) <= fields["hidden_size"]:
        return "adapter_reduction_factor does not fit hidden_size"
    if len(set(fields["languages"])) < len(fields["languages"]):
        return "a language is named twice"
    return bert.heads(fields)


architecture = Architecture(
    name="xmod",
    summary="X-MOD: parts for each language",
    config="XmodConfig",
    model="adaptstilts.models.architectures.built.xmod.SpokenXmodAdapterModel",
    encoder="roberta",
    fields={
        **bert.BERT,
        **dict.fromkeys(("pre_norm", "adapter_layer_norm", "adapter_reuse_layer_norm", "ln_before_adapter"), bert.flag),
        "adapter_reduction_factor": bert.count,
        "languages": _languages,
    },
    needed=(*bert.BERT_NEEDED, "languages"),
    shape=shape,
    odd=odd,
    specials=bert.ROBERTA_TOKENS,
    positions_after_pad=True,
    pad=1,
    segments=False,
    attention="eager",
    inside=bert.BERT_INSIDE,
    held=True,
    after=("encoder.LayerNorm",),
    languages="languages",
    prefixes=("roberta.",),
    ignored=bert.IGNORED,
    head=bert.ROBERTA_HEAD,
    apart="`adapters` takes the encoder's languages out (findings/adapters_xmod_languages.sh)",
    citation="Pfeiffer et al. 2022, arXiv 2205.06266",
)
