"""X-MOD with adapters above the parts of each language, which stay in the encoder.

`adapters` takes those parts out of the model (`XmodModelAdaptersMixin.init_adapters`), so that its X-MOD computes another
function than `transformers`' until language adapters are loaded in their place.
"""

from __future__ import annotations

from typing import Any

import torch
from adapters import init
from adapters.heads import ModelWithFlexibleHeadsAdaptersMixin
from adapters.model_mixin import EmbeddingAdaptersWrapperMixin
from adapters.models.xmod.mixin_xmod import XmodModelAdaptersMixin
from adapters.models.xmod.modeling_xmod import XmodOutputWithAdapters
from transformers.models.xmod.modeling_xmod import XmodModel, XmodPreTrainedModel

_PARTS = "adapter_modules"
"""What X-MOD calls the bottlenecks of a layer, by language; `adapters` has a property of this name for its own."""


class SpokenXmodAdapterModel(EmbeddingAdaptersWrapperMixin, ModelWithFlexibleHeadsAdaptersMixin, XmodPreTrainedModel):  # type: ignore[misc]
    """A flex-head X-MOD whose encoder has its languages; which one reads an input is said by `lang_ids` [n] on the CPU."""

    head_types = ("classification", "tagging", "question_answering", "masked_lm")

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        encoder: Any = XmodModel(config)  # type: ignore[no-untyped-call]
        self.roberta = encoder
        kept = [layer.output._modules[_PARTS] for layer in encoder.encoder.layer]
        init(encoder)
        encoder.__class__ = _SpokenXmodModel
        for layer, parts in zip(encoder.encoder.layer, kept, strict=True):
            layer.output.__class__ = _SpokenOutput
            layer.output._modules[_PARTS] = parts
        self._init_head_modules()  # type: ignore[operator]
        self.init_weights()  # type: ignore[no-untyped-call]


class _SpokenXmodModel(XmodModelAdaptersMixin, XmodModel):  # type: ignore[misc, no-untyped-call]
    """X-MOD as `adapters` extends it, with languages."""

    def forward(self, *args: Any, **asked: Any) -> Any:
        return super(XmodModelAdaptersMixin, self).forward(*args, **asked)  # whose own refuses `lang_ids`


class _SpokenOutput(XmodOutputWithAdapters):  # type: ignore[misc]
    """The end of a layer: feed-forward part, the language's bottleneck, then adapters; the layer's norm comes behind."""

    def forward(self, hidden_states: torch.Tensor, input_tensor: torch.Tensor, lang_ids: torch.Tensor) -> torch.Tensor:
        hidden = self.dropout(self.dense(hidden_states)) + input_tensor
        normed = self._normed(hidden)
        residual = normed if self.ln_before_adapter else hidden
        spoken = self.dropout(self._spoken(normed, lang_ids))
        found: torch.Tensor = self.bottleneck_layer_forward(spoken, residual, None)
        return found

    def _normed(self, hidden: torch.Tensor) -> Any:
        if self.adapter_layer_norm is not None:
            return self.adapter_layer_norm(hidden)
        return self.LayerNorm(hidden) if self.adapter_reuse_layer_norm else hidden

    def _spoken(self, hidden: torch.Tensor, lang_ids: torch.Tensor) -> Any:
        """Each input through the bottleneck of its language."""
        held: Any = self._modules[_PARTS]
        parts, spoken = list(held.values()), sorted(set(lang_ids.tolist()))
        if len(spoken) == 1:
            return parts[spoken[0]](hidden)
        found = torch.empty_like(hidden)
        for language in spoken:
            rows = lang_ids == language
            found[rows] = parts[language](hidden[rows]).to(found.dtype)
        return found
