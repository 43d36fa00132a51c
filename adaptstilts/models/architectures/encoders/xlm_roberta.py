"""XLM-R (Conneau et al. 2020): RoBERTa pretrained on a hundred languages."""

from dataclasses import replace

from adaptstilts.models.architectures.encoders.roberta import architecture as roberta

architecture = replace(
    roberta,
    name="xlm-roberta",
    summary="XLM-R and its like: multilingual E5 base and large, InfoXLM, BGE-M3's encoder",
    config="XLMRobertaConfig",
    model="adapters.XLMRobertaAdapterModel",
    citation="Conneau et al. 2020, arXiv 1911.02116",
)
