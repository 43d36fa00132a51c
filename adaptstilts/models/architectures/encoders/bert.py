"""BERT (Devlin et al. 2019), multilingual BERT and multilingual E5 small among it."""

from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures.fields import (
    BERT,
    BERT_HEAD,
    BERT_INSIDE,
    BERT_NEEDED,
    BERT_TOKENS,
    IGNORED,
    heads,
    shape,
)

architecture = Architecture(
    name="bert",
    summary="BERT and its like: multilingual BERT, multilingual E5 small",
    config="BertConfig",
    model="adapters.BertAdapterModel",
    encoder="bert",
    fields=BERT,
    needed=BERT_NEEDED,
    shape=shape,
    odd=heads,
    specials=BERT_TOKENS,
    inside=BERT_INSIDE,
    held=True,
    first=True,
    prefixes=("bert.",),
    ignored=IGNORED,
    head=BERT_HEAD,
    head_activation="hidden_act",
    citation="Devlin et al. 2019, arXiv 1810.04805",
)
