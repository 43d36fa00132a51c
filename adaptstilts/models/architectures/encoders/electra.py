"""ELECTRA (Clark et al. 2020): a BERT that learnt to tell replaced words; small ones have narrower embeddings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures import fields as bert
from adaptstilts.models.size import EncoderShape


def shape(fields: Mapping[str, Any]) -> EncoderShape:
    """Embeddings may be narrower than layers; a map then lies between."""
    found = bert.shape(fields)
    narrow = fields.get("embedding_size", 128)
    if narrow == found.width:
        return found
    rows = found.vocabulary + found.positions + found.types + 2
    return replace(found, more=rows * (narrow - found.width) + (narrow + 1) * found.width)


architecture = Architecture(
    name="electra",
    summary="ELECTRA, its discriminators: GELECTRA and the like",
    config="ElectraConfig",
    model="adapters.ElectraAdapterModel",
    encoder="electra",
    fields={**bert.BERT, "embedding_size": bert.count},
    needed=bert.BERT_NEEDED,
    shape=shape,
    odd=bert.heads,
    specials=bert.BERT_TOKENS,
    attention="eager",
    inside=bert.BERT_INSIDE,
    held=True,
    before=("embeddings_project",),
    prefixes=("electra.",),
    ignored=("discriminator_predictions.", "generator_", *bert.IGNORED),
    head={
        "dense.weight": "generator_predictions.dense.weight",
        "dense.bias": "generator_predictions.dense.bias",
        "norm.weight": "generator_predictions.LayerNorm.weight",
        "norm.bias": "generator_predictions.LayerNorm.bias",
        "bias": "generator_lm_head.bias",
    },
    citation="Clark et al. 2020, arXiv 2003.10555",
)
