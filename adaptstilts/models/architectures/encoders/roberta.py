"""RoBERTa (Liu et al. 2019)."""

from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures.fields import (
    BERT,
    BERT_INSIDE,
    BERT_NEEDED,
    IGNORED,
    ROBERTA_HEAD,
    ROBERTA_TOKENS,
    heads,
    shape,
)

architecture = Architecture(
    name="roberta",
    summary="RoBERTa",
    config="RobertaConfig",
    model="adapters.RobertaAdapterModel",
    encoder="roberta",
    fields=BERT,
    needed=BERT_NEEDED,
    shape=shape,
    odd=heads,
    specials=ROBERTA_TOKENS,
    positions_after_pad=True,
    pad=1,
    segments=False,
    inside=BERT_INSIDE,
    held=True,
    first=True,
    prefixes=("roberta.",),
    ignored=IGNORED,
    head=ROBERTA_HEAD,
    citation="Liu et al. 2019, arXiv 1907.11692",
)
