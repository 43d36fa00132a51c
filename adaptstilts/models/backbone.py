"""A frozen encoder with its tokenizer, as `open_backbone` hands it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from adaptstilts.data.encoding.tokenizer import BareTokenizer
from adaptstilts.errors import InputError
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.architectures.languages import reader
from adaptstilts.models.precision import Precision


@dataclass(frozen=True)
class Backbone:
    """The encoder all assemblies share; nothing in it ever changes.

    `model` is `adapters`' flex-head model without adapters, heads or pooler: frozen, in evaluation mode, float32 but for
    matrices held in the precision that they multiply in; where there are such, `exact` makes it again in float32.
    Assemblies work on trees of their own that share its tensors. `max_length` counts tokens with specials. `layers`
    and `hidden_size` are the encoder's. `architecture` is the config's `model_type`. `language_head` holds the
    checkpoint's own head for masked-language modelling, by the names of `heads.language_tensor`, if it came with one.
    `languages` are those that its layers have parts for, by its own names in their order, and `reads` says by code which of
    them reads a language that it lacks.
    """

    model: nn.Module
    tokenizer: BareTokenizer
    identity: dict[str, Any]
    hidden_size: int
    layers: int
    architecture: str
    max_length: int
    name: str = ""
    language_head: Mapping[str, torch.Tensor] = field(default_factory=dict)
    precision: Precision = "float32"
    exact: Callable[[], nn.Module] | None = None
    languages: tuple[str, ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    def reader(self, code: str) -> int:
        """The place among `languages` of the one that reads texts in this language; NotApplicable if there is none."""
        return self.languages.index(reader(code, self.languages, self.reads))

    def speaks(self, code: str) -> bool:
        """Whether layers have parts for each language; NotApplicable if they have, and none for this one."""
        return bool(self.languages) and self.reader(code) >= 0

    def spoken(self, encodings: Sequence[Encoding], usual: str) -> torch.Tensor | None:
        """[n], which of `languages` reads each input, by its own language or the `usual` one; None where there are none.

        InputError for an input in no language, NotApplicable for one in a language that nobody reads.
        """
        if not self.languages:
            return None
        codes = [encoding.language or usual for encoding in encodings]
        if "" in codes:
            raise silent()
        return torch.tensor([self.reader(code) for code in codes])

    def whole(self) -> nn.Module:
        """A float32 copy of the model, on any device, whose every tensor may train."""
        return deepcopy(self.model) if self.exact is None else self.exact()

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.model.parameters())


def silent() -> InputError:
    """No language was said, and there are language adapters or parts of the encoder for each."""
    return InputError("no language is spoken yet", where="assembly", do="Call `speak` with the rows' language.")
