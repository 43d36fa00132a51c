"""An assembly: the shared backbone under adapters, fusion and a head, as one module that trains and predicts."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from adaptstilts import ids
from adaptstilts.compositions.blocks import Block, Part
from adaptstilts.errors import NotApplicable
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.architectures.build import architecture_of, has_segments, layers_of
from adaptstilts.models.backbone import Backbone, silent
from adaptstilts.models.batch import Batch, collate
from adaptstilts.models.heads import add_heads, score
from adaptstilts.models.losses import LOSSES, value_penalty
from adaptstilts.models.lower import Lower, known, run, untouched
from adaptstilts.models.mixing.arrangement import Arrangement, arrange
from adaptstilts.models.mixing.attention import Weights
from adaptstilts.models.mixing.language_adapters import below
from adaptstilts.models.mixing.noise import Shake
from adaptstilts.models.mixing.parameters import sorted_parameters
from adaptstilts.models.parts import fill, private_tree, read_tensors
from adaptstilts.models.precision import halved
from adaptstilts.settings import AdapterSettings

Opened = Part | Literal["adapters"]
"""What may train: a composition's parts, or the loaded adapters (training goes on in them)."""


def assemble(
    backbone: Backbone,
    *,
    block: Block | None,
    adapters: Mapping[str, Path],
    trains: tuple[Opened, ...],
    shape: AdapterSettings,
    head: Head,
    head_name: str,
    seed: int,
    heads: Mapping[str, Head] | None = None,
    weights: Path | None = None,
    languages: Mapping[str, Path] | None = None,
) -> Assembly:
    """Put adapters, fusion and head on the backbone.

    Names of the block that have a folder in `adapters` are loaded from it and frozen; all others are fresh, of the
    given shape. `trains` opens "fusion", "gate", "merge" (learned weights of a merge), "target_adapter" (the fresh
    adapter called TARGET, or the one that is the whole block: it is being trained by itself; any other fresh one is a
    control), "head" (all heads), "adapters" (the loaded ones) and "backbone" (full fine-tuning); everything else
    stays frozen. Fresh weights depend on `seed` and their part only, so that compositions of different k start
    from the same target adapter and head. `heads` are further heads by name, which share everything below them.
    `weights` is a safetensors file with the encoder of an earlier full model (`bundle.ENCODER` in its bundle) to start
    from. `languages` are folders of language adapters by language; one is chosen with `Assembly.speak` before the
    first pass. Raises InputError, DataMissing, CorruptArtefact, UnknownName, NotApplicable.

    The backbone is not touched: the assembly has a module tree of its own, which shares the backbone's tensors, or
    owns copies of them if they are to train or come from `weights`. Any number of assemblies may live side by side.
    """
    private = "backbone" in trains or weights is not None
    if private and backbone.identity.get("quantize"):
        do = "Leave backbone.quantize out, or choose a composition of adapters."
        raise NotApplicable("a quantized encoder cannot be trained as a whole", where="backbone.quantize", do=do)
    model: Any = backbone.whole() if private else private_tree(backbone.model)
    encoder = dict(model.named_parameters())
    if weights is not None:
        fill(encoder, read_tensors(weights), weights)
    arranged = arrange(model, block, adapters, languages or {}, shape, seed)
    every = {head_name: head, **(heads or {})}
    add_heads(model, every, seed, backbone.language_head)
    model.to(backbone.device)
    made = Assembly(backbone, model, arranged, every, shape, set(encoder))
    if private:
        made.weights = ids.files_digest([weights]) if weights is not None else ""
    made.open(trains)
    return made.eval()


class Assembly(nn.Module):
    """A composition on a backbone. Made by `assemble`; in evaluation mode until something trains it.

    `digests` names the loaded adapters by content, `languages` the language adapters, `fresh` those that were made
    here; `notes` say what runs slower than it might. `heads` are all heads by name; `head` and `head_name` are the
    first. `weights` is None where the encoder's tensors are the backbone's, else the digest of the file that its own
    were read from, empty if they started as the backbone's.
    """

    def __init__(
        self,
        backbone: Backbone,
        model: Any,
        arranged: Arrangement,
        heads: Mapping[str, Head],
        shape: AdapterSettings,
        encoder: set[str],
    ) -> None:
        super().__init__()
        self.model = model
        self.heads, self.block, self.shape = dict(heads), arranged.block, shape
        self.head_name, self.head = next(iter(self.heads.items()))
        self.weights: str | None = None
        self.digests, self.languages, self.backbone = arranged.digests, arranged.languages, backbone
        self.fresh, self.notes, self.language = arranged.fresh, arranged.notes, ""
        self._setup, self._watch = arranged.setup, arranged.watch
        self._untouched = untouched(model, encoder, shape.drop)
        self._lower: Lower | None = None
        self._first, self._segments = architecture_of(model).first, has_segments(model)
        self._parts = sorted_parameters(model, arranged.target, encoder)
        self._values = self._value_matrices()
        self._pad, self._halved = backbone.tokenizer.pad_token_id, halved(model)
        self._autocasts = backbone.precision == "bfloat16" and not self._halved

    @property
    def lowest(self) -> int:
        """How many layers hold nothing but the shared encoder, from the lowest up: `adapter.drop`, as a rule.

        0 where the encoder is the assembly's own, or language adapters are below everything. What they give for an input
        depends on no assembly; dropout is never active in them, nor in the embeddings below.
        """
        return 0 if self.weights is not None or self.languages else self._untouched

    @property
    def precision(self) -> str:
        """What passes compute in: "float32" or "bfloat16"."""
        return "bfloat16" if self._autocasts or self._halved else "float32"

    def train(self, mode: bool = True) -> Assembly:
        """As of any module; the lowest layers stay in evaluation mode."""
        super().train(mode)
        if mode and self.lowest:
            encoder = self.model.base_model
            for module in (encoder.embeddings, *layers_of(encoder)[: self.lowest]):
                module.eval()
        return self

    def _value_matrices(self) -> list[nn.Parameter]:
        config = self.model.adapters_config
        regular = [name for name in config.fusions if config.get_fusion(name)[0].regularization]
        ends = tuple(f".adapter_fusion_layer.{name}.value.weight" for name in regular)
        return [parameter for name, parameter in self._parts["fusion"].items() if name.endswith(ends)]

    def open(self, trains: Sequence[Opened]) -> None:
        """Let exactly the parameters of these parts require gradients."""
        for part, parameters in self._parts.items():
            for parameter in parameters.values():
                parameter.requires_grad_(part in trains)

    @property
    def device(self) -> torch.device:
        return self.backbone.device

    def part(self, name: str) -> dict[str, nn.Parameter]:
        """The parameters of one of PARTS, by name."""
        return self._parts[name]

    def parts(self) -> dict[str, int]:
        """Numbers of parameters by part, of those that train, of those added to the backbone, and of all."""
        counts = {part: sum(p.numel() for p in found.values()) for part, found in self._parts.items()}
        trainable, total = sum(parameter.numel() for _, parameter in self.named_trainable()), sum(counts.values())
        return {**counts, "trainable": trainable, "added": total - counts["backbone"], "total": total}

    def named_trainable(self) -> list[tuple[str, nn.Parameter]]:
        """What an optimizer may change, in one fixed order."""
        return [(name, p) for found in self._parts.values() for name, p in found.items() if p.requires_grad]

    def collate(self, encodings: Sequence[Encoding], *, targets: bool = False, head: str = "") -> Batch:
        """Encodings as a batch on this assembly's device, for one head (the first unless another is named).

        With targets for the head's loss if asked for.
        """
        found = self.heads[head or self.head_name]
        made = collate(encodings, self._pad, segments=self._segments, head=found if targets else None)
        lower = self._known(encodings, found, made.ids.shape[1])
        return replace(made, head=head, lower=lower, spoken=self.backbone.spoken(encodings, self.language)).to(
            self.device
        )

    def _known(self, encodings: Sequence[Encoding], head: Head, length: int) -> torch.Tensor | None:
        """[n, length, H] after the lowest layers, if it is known of all of these inputs and the head reads above them."""
        lower = self._lower
        if lower is None or lower.precision != self.precision or self.read_by(head) < self.lowest:
            return None
        return known(lower, encodings, length)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Raw outputs in float32 of the head that the batch is for.

        Sequence [n, outputs], token [n, length, outputs], pooled [n, hidden], masked [tokens with a target, outputs].
        """
        if self.languages and not self.language:
            raise silent()
        name = batch.head or self.head_name
        head = self.heads[name]
        hidden = self._hidden(batch, self.read_by(head), first=self._reads_first(head))
        return score(self.model.heads[name] if head.level != "pooled" else None, head, hidden, batch)

    def read_by(self, head: Head) -> int:
        """How many layers a head reads the encoder after."""
        return round(head.depth * self.backbone.layers) if head.level == "pooled" else self.backbone.layers

    def _reads_first(self, head: Head) -> bool:
        """Whether the top layer need give no token but the first: that alone is read, and nobody looks at the others.

        In float32 all are given: the shape of a product decides its last digit, and the pocket lab's stay.
        """
        watched = self._watch.weights is not None or self._watch.shake is not None
        return self._first and head.level == "sequence" and self.precision == "bfloat16" and not watched

    def lower(self, encodings: Sequence[Encoding]) -> torch.Tensor:
        """Hidden states [n, length, H] in float32 after the lowest layers; what is behind an input's end means nothing."""
        with torch.inference_mode():
            return self._hidden(self.collate(encodings), self.lowest)

    @contextmanager
    def knowing(self, lower: Lower) -> Iterator[None]:
        """Passes begin above the lowest layers for batches of known inputs; all others run as ever."""
        before, self._lower = self._lower, lower
        try:
            yield
        finally:
            self._lower = before

    def _hidden(self, batch: Batch, layers: int, *, first: bool = False) -> torch.Tensor:
        """Hidden states [n, length, H] in float32 after so many layers, or those of the `first` tokens."""
        if not self._autocasts:
            return self._encode(batch, layers, first=first)
        with torch.autocast(self.device.type, torch.bfloat16):
            return self._encode(batch, layers, first=first).float()

    def _encode(self, batch: Batch, layers: int, *, first: bool = False) -> torch.Tensor:
        """The same in the precision at hand; layers above are not run, nor the lowest where that is known."""
        self._watch.mask = batch.mask
        if self._watch.shake is not None:
            self._watch.shake.ids = batch.ids
        return run(self.model.base_model, batch, self.lowest if batch.lower is not None else 0, layers, first=first)

    def speak(self, language: str) -> None:
        """Let texts be in this language: its adapter is below, its parts of the encoder read; NotApplicable if there are none."""
        if not self.backbone.speaks(language) or self.languages:
            self.model.set_active_adapters(below(self._setup, language, self.languages))
        self.language = language

    @contextmanager
    def watch(self) -> Iterator[Weights]:
        """Keep the mean weights that fusion and gates give to each adapter, of all passes made inside."""
        self._watch.weights = Weights(self.backbone.layers)
        try:
            yield self._watch.weights
        finally:
            self._watch.weights = None

    @contextmanager
    def shaken(self, scale: float) -> Iterator[None]:
        """Passes whose fusions give out noise of this relative size, as `Shake` says; 0 changes nothing.

        NotApplicable for an assembly without fusion.
        """
        if scale and not self._parts["fusion"]:
            do = "Plant noise in compositions that fuse, or set sweep.planted_noise to 0."
            raise NotApplicable("there is no fusion to put noise on", where="noise", do=do)
        self._watch.shake = Shake(scale) if scale else None
        try:
            yield
        finally:
            self._watch.shake = None

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The loss of the batch's head, a mean over its `losses.terms`; ValueError for a head that does not learn."""
        kind = self.heads[batch.head or self.head_name].loss
        if kind not in LOSSES or batch.targets is None:
            raise ValueError(f"a head with the loss {kind!r} does not learn")
        return LOSSES[kind](outputs, batch)

    def penalty(self) -> torch.Tensor | None:
        """What training adds to the loss: 0.01 |V - I|^2 over fusion's open value matrices, None without any."""
        opened = [value for value in self._values if value.requires_grad]
        return value_penalty(opened) if opened else None

    @contextmanager
    def exactly(self) -> Iterator[None]:
        """Passes without autocast while it is entered: its ties in bfloat16 would stop a search. Held matrices stay as they are."""
        before, self._autocasts = self._autocasts, False
        try:
            yield
        finally:
            self._autocasts = before

    def close(self) -> None:
        """Let go of the assembly's own parts; it cannot be used afterwards. The backbone stays."""
        self._parts, self._values = {part: {} for part in self._parts}, []
        self.model = None
        if self.weights is not None:
            gc.collect()  # the tree is full of cycles, and an encoder of one's own is large
