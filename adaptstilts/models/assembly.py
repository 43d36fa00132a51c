"""An assembly: the shared backbone under adapters, fusion and a head, as one module that trains and predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from adapters.loading import AdapterLoader
from torch import nn
from torch.nn import functional as F

from adaptstilts.compositions.composition import TARGET, Block, Part
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models import fusion
from adaptstilts.models.adapting import (
    add_fresh,
    add_fusion,
    add_head,
    add_saved,
    as_setup,
    check_names,
    fusions_in,
    names_in,
    private_tree,
)
from adaptstilts.models.backbone import Backbone
from adaptstilts.models.batch import Batch, collate
from adaptstilts.models.losses import LOSSES
from adaptstilts.settings import AdapterSettings

VALUE_PENALTY = 0.01
"""Weight of the squared distance of fusion's value matrices from the identity (Pfeiffer et al. 2021; `adapters`'
trainer)."""


def assemble(
    backbone: Backbone,
    *,
    block: Block | None,
    adapters: Mapping[str, Path],
    trains: tuple[Part, ...],
    shape: AdapterSettings,
    head: Head,
    head_name: str,
    seed: int,
) -> Assembly:
    """Put adapters, fusion and head on the backbone.

    Names of the block that have a folder in `adapters` are loaded from it and frozen; all others are fresh, of the
    given shape. `trains` opens "fusion", "target_adapter" (the fresh adapter called TARGET; every fresh one where
    none is called so) and "head"; everything else stays frozen. Fresh weights depend on `seed` and their part only,
    so that compositions of different k start from the same target adapter and head. Raises InputError, DataMissing,
    CorruptArtefact, UnknownName.

    The backbone is not touched: the assembly has a module tree of its own, which shares the backbone's tensors. Any
    number of assemblies may live side by side.
    """
    check_names(block)
    model = private_tree(backbone.model)
    names = names_in(block)
    digests = {name: add_saved(model, name, Path(adapters[name])) for name in names if name in adapters}
    fresh = tuple(name for name in names if name not in adapters)
    for name in fresh:
        add_fresh(model, name, shape, seed)
    for fused in fusions_in(block):
        add_fusion(model, fused, seed)
    add_head(model, head, head_name, seed)
    model.to(backbone.device)
    if block is not None:
        model.set_active_adapters(as_setup(block))
    fusion.install(model)
    target = (TARGET,) if TARGET in fresh else fresh
    made = Assembly(backbone, model, block, head, head_name, shape, digests, target)
    made.open(trains)
    return made.eval()


class Assembly(nn.Module):
    """A composition on a backbone. Made by `assemble`; in evaluation mode until something trains it.

    `digests` names the loaded adapters by content, `fresh` those that were made here.
    """

    def __init__(
        self,
        backbone: Backbone,
        model: Any,
        block: Block | None,
        head: Head,
        head_name: str,
        shape: AdapterSettings,
        digests: dict[str, str],
        target: tuple[str, ...],
    ) -> None:
        super().__init__()
        self.model = model
        self.block, self.head, self.head_name, self.shape = block, head, head_name, shape
        self.digests, self.backbone = digests, backbone
        self.fresh = tuple(name for name in names_in(block) if name not in digests)
        self._pad: int = backbone.tokenizer.pad_token_id
        self._segments = bool(model.config.type_vocab_size > 1)
        self._parts = self._sorted_parameters(target)
        self._values = self._value_matrices()
        self._identity: torch.Tensor | None = None
        self._read_layers = round(head.depth * backbone.layers) if head.level == "pooled" else backbone.layers
        self._autocasts = backbone.device.type == "cuda" and torch.cuda.is_bf16_supported()
        self._loss = LOSSES.get(head.loss)

    def _sorted_parameters(self, target: tuple[str, ...]) -> dict[str, dict[str, nn.Parameter]]:
        base = {id(p) for p in self.backbone.model.parameters()}
        loader = AdapterLoader(self.model)
        opened = [loader.filter_func(name) for name in target]
        parts: dict[str, dict[str, nn.Parameter]] = {
            part: {} for part in ("backbone", "adapters", "fusion", "target_adapter", "head")
        }
        for name, parameter in self.model.named_parameters():
            if id(parameter) in base:
                part = "backbone"
            elif name.startswith("heads."):
                part = "head"
            elif ".adapter_fusion_layer." in name:
                part = "fusion"
            else:
                part = "target_adapter" if any(belongs(name) for belongs in opened) else "adapters"
            parts[part][name] = parameter
        return parts

    def _value_matrices(self) -> list[nn.Parameter]:
        config = self.model.adapters_config
        regular = {name for name in config.fusions if config.get_fusion(name)[0].regularization}
        return [
            parameter
            for name, parameter in self._parts["fusion"].items()
            if name.endswith(".value.weight")
            and name.split(".adapter_fusion_layer.")[1].removesuffix(".value.weight") in regular
        ]

    def open(self, trains: Sequence[Part]) -> None:
        """Let exactly the parameters of these parts require gradients."""
        for part, parameters in self._parts.items():
            for parameter in parameters.values():
                parameter.requires_grad_(part in trains)

    @property
    def device(self) -> torch.device:
        return self.backbone.device

    def part(self, name: str) -> dict[str, nn.Parameter]:
        """The parameters of "backbone", "adapters", "fusion", "target_adapter" or "head", by name."""
        return self._parts[name]

    def parts(self) -> dict[str, int]:
        """Numbers of parameters by part, and of those that train and of all."""
        counts = {part: sum(p.numel() for p in found.values()) for part, found in self._parts.items()}
        trainable = sum(parameter.numel() for _, parameter in self.named_trainable())
        return {**counts, "trainable": trainable, "total": sum(counts.values())}

    def named_trainable(self) -> list[tuple[str, nn.Parameter]]:
        """What an optimizer may change, in one fixed order."""
        return [(name, p) for found in self._parts.values() for name, p in found.items() if p.requires_grad]

    def collate(self, encodings: Sequence[Encoding], *, targets: bool = False) -> Batch:
        """Encodings as a batch on this assembly's device, with targets for its head's loss if asked for."""
        made = collate(encodings, self._pad, segments=self._segments, head=self.head if targets else None)
        return made.to(self.device)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Raw outputs in float32: sequence [n, outputs], token [n, length, outputs], pooled [n, hidden]."""
        if self._autocasts:
            with torch.autocast("cuda", torch.bfloat16):
                hidden = self._encode(batch).float()
        else:
            hidden = self._encode(batch)
        if self.head.level == "pooled":
            weights = batch.mask.to(hidden.dtype)
            return torch.einsum("nlh,nl->nh", hidden, weights) / weights.sum(1, keepdim=True)
        scorer = self.model.heads[self.head_name]
        # the head's own forward wraps logits in an output object; its layers are all that is wanted
        outputs: torch.Tensor = nn.Sequential.forward(  # type: ignore[no-untyped-call]
            scorer, hidden[:, 0] if self.head.level == "sequence" else hidden
        )
        return outputs

    def _encode(self, batch: Batch) -> torch.Tensor:
        """Hidden states [n, length, H] after the layer that the head reads; the layers above it are not run."""
        encoder = self.model.base_model
        stack = encoder.encoder.layer
        if self._read_layers < len(stack):
            encoder.encoder.layer = stack[: self._read_layers]
        try:
            found = encoder(batch.ids, attention_mask=batch.mask.long(), token_type_ids=batch.types)
        finally:
            encoder.encoder.layer = stack
        hidden: torch.Tensor = found.last_hidden_state
        return hidden

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The head's loss, a mean over the batch (see `losses`); ValueError for a head that does not learn."""
        if self._loss is None or batch.targets is None:
            raise ValueError(f"a head with the loss {self.head.loss!r} does not learn")
        return self._loss(outputs, batch)

    def penalty(self) -> torch.Tensor | None:
        """What training adds to the loss: 0.01 |V - I|^2 over fusion's open value matrices, None without any."""
        opened = [value for value in self._values if value.requires_grad]
        if not opened:
            return None
        if self._identity is None:
            self._identity = torch.eye(opened[0].shape[0], dtype=opened[0].dtype, device=opened[0].device)
        stacked = torch.stack(list(opened))
        return VALUE_PENALTY * F.mse_loss(stacked, self._identity.expand_as(stacked), reduction="sum")

    def close(self) -> None:
        """Let go of the assembly's own parts; it cannot be used afterwards. The backbone stays."""
        self._parts, self._values = {part: {} for part in self._parts}, []
        self.model = None
