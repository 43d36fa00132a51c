"""ModernBERT with flexible heads, by `adapters`' own interface for it."""

from __future__ import annotations

from typing import Any

from adapters import init
from adapters.heads import ModelWithFlexibleHeadsAdaptersMixin
from adapters.methods.lora import LoRAMergedLinear
from adapters.model_mixin import EmbeddingAdaptersWrapperMixin
from transformers.models.modernbert.modeling_modernbert import ModernBertModel, ModernBertPreTrainedModel

from adaptstilts.models.architectures.built.merged import AddedLinear


class ModernBertAdapterModel(  # type: ignore[no-untyped-call]
    EmbeddingAdaptersWrapperMixin,  # type: ignore[misc]
    ModelWithFlexibleHeadsAdaptersMixin,  # type: ignore[misc]
    ModernBertPreTrainedModel,
):
    """A flex-head model; nothing of it is compiled by the config."""

    head_types = ("classification", "tagging", "question_answering", "masked_lm")

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        config.reference_compile = False
        config.layer_norm_eps = config.norm_eps  # by the name that `adapters` asks for in a head for masked words
        self.model: Any = ModernBertModel(config)
        init(self.model)
        for module in self.model.modules():
            if isinstance(module, LoRAMergedLinear):
                module.__class__ = AddedLinear
                if not config.attention_bias:
                    module.bias = None  # `LoRAMergedLinear.wrap` leaves a random one where the matrix had none
        self._init_head_modules()  # type: ignore[operator]
        self.init_weights()  # type: ignore[no-untyped-call]
