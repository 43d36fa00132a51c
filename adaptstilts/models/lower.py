"""Which part of an encoder is run.

Not the lowest layers where what they gave is known: they hold nothing but the frozen encoder. Of the top one only the first token
where no other is read.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import nn

from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.architectures.build import architecture_of, has, layers_of, replaced
from adaptstilts.models.batch import Batch

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Lower(Protocol):
    """Hidden states after an encoder's lowest layers, by the content of inputs."""

    @property
    def precision(self) -> str:
        """Of the passes that made them."""
        ...

    def get(self, content: bytes) -> NDArray[Any] | None:
        """[length, H] of one input, None for an unknown one."""
        ...


def content(encoding: Encoding) -> bytes:
    """What a model sees of an input, in 16 bytes: kept for many inputs at once."""
    seen = array("q", (*encoding.ids, encoding.second)).tobytes() + encoding.language.encode()
    return hashlib.blake2b(seen, digest_size=16).digest()


def untouched(model: Any, encoder: set[str], most: int) -> int:
    """How many of the lowest `most` layers hold no parameter but those of these names, the encoder's own."""
    start = f"{model.base_model_prefix}.{architecture_of(model).layers}."
    added = (name.removeprefix(start) for name, _ in model.named_parameters() if name not in encoder and start in name)
    return min((most, *(int(name.partition(".")[0]) for name in added)))


def known(lower: Lower, encodings: Sequence[Encoding], length: int) -> torch.Tensor | None:
    """States of inputs as [n, length, H] in float32, zero behind their ends; None unless all are known."""
    states = [found for encoding in encodings if (found := lower.get(content(encoding))) is not None]
    if len(states) < len(encodings):
        return None
    made = np.zeros((len(states), length, states[0].shape[1]), states[0].dtype)
    for place, own in enumerate(states):
        made[place, : len(own)] = own
    return torch.from_numpy(made).float()


def run(encoder: Any, batch: Batch, start: int, stop: int, *, first: bool = False) -> torch.Tensor:
    """Hidden states [n, length, H] after layer `stop`; those above are not run, nor those below `start` where it is not 0.

    Then `batch.lower` is what `start` layers gave. With `first` layer `stop` gives the first tokens alone, [n, 1, H]. What goes
    around the layers (masks, contexts of `adapters`) is as ever.
    """
    known, stack = architecture_of(encoder), layers_of(encoder)
    inputs: dict[str, Any] = {"input_ids": batch.ids}
    if batch.types is not None:
        inputs["token_type_ids"] = batch.types
    instead: dict[str, nn.Module] = {}
    if start and batch.lower is not None:
        inputs = {"inputs_embeds": batch.lower}
        passed = {path: nn.Identity() for path in known.before if has(encoder, path)}
        instead = {"embeddings": _Given(batch.lower), **passed}
    if batch.spoken is not None:
        inputs["lang_ids"] = batch.spoken
    if stop < len(stack):
        instead |= {path: nn.Identity() for path in known.after if has(encoder, path)}
    if first:
        instead[known.layers] = nn.ModuleList([*stack[start : stop - 1], _First(stack[stop - 1])])
    elif start or stop < len(stack):
        instead[known.layers] = stack[start:stop]
    with ExitStack() as places:
        for path, module in instead.items():
            places.enter_context(replaced(encoder, path, module))
        hidden: torch.Tensor = encoder(attention_mask=batch.mask.long(), **inputs).last_hidden_state
    return hidden


class _Given(nn.Module):
    """In the place of an encoder's embeddings: hidden states that are given go on as they are."""

    def __init__(self, states: torch.Tensor) -> None:
        super().__init__()
        self.states = states

    def forward(self, *_: Any, **__: Any) -> torch.Tensor:
        return self.states


class _First(nn.Module):
    """A layer for the first tokens alone; they read all others."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor | None, *_: Any, **__: Any) -> tuple[torch.Tensor]:
        own, own_mask = hidden[:, :1], None if mask is None else mask[:, :, :1]
        attention = self.layer.attention
        context, *_ = attention.self(own, attention_mask=own_mask, encoder_hidden_states=hidden)
        return (self.layer.feed_forward_chunk(attention.output(context, own)),)
