"""XLM-R (Conneau et al. 2020): RoBERTa pretrained on a hundred languages."""

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
    name="xlm-roberta",
    summary="XLM-R and its like: multilingual E5 base and large, InfoXLM, BGE-M3's encoder",
    config="XLMRobertaConfig",
    model="adapters.XLMRobertaAdapterModel",
    encoder="roberta",
    fields=BERT,
    needed=BERT_NEEDED,
    shape=shape,
    odd=heads,
    specials=ROBERTA_TOKENS,
    positions_after_pad=True,
    pad=1,
    inside=BERT_INSIDE,
    held=True,
    first=True,
    prefixes=("roberta.",),
    ignored=IGNORED,
    head=ROBERTA_HEAD,
    citation="Conneau et al. 2020, arXiv 1911.02116",
)
