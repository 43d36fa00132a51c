"""What an architecture is: a known `model_type`, the fields of its configs, and where its parts lie in the libraries' classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adaptstilts.models.architectures.fields import BERT_LORA, Check
from adaptstilts.models.size import EncoderShape

LANGUAGE_HEAD = ("dense.weight", "dense.bias", "norm.weight", "norm.bias", "bias")
"""The tensors of a head for masked-language modelling: a map, a norm, and a bias for each token."""


@dataclass(frozen=True)
class Architecture:
    """One known `model_type`, called `name`.

    `config` is a class of `transformers`, `model` the path of a flex-head class of `adapters` or of `built/`, and `encoder` the
    encoder's attribute there, below which `layers` are. `fields` are all that its config may say, `needed` those that it
    must, `layer_count` what it calls the number of layers; `shape` reads sizes from them, and `odd` says what of all that
    a config says together cannot be, or "". `specials` are its tokenizer's special tokens where the tokenizer does not name them.

    `attention` is the implementation in `transformers`. `inside` ends the names of matrices whose products stay within a
    sub-layer, and may leave it in bfloat16; `held` says that its self-attention is BERT's, by `adapters`' names, and
    `first` that its top layer can be run for the first tokens alone. `lora` are the matrices of a layer that `adapters` has LoRA
    for, and which each is: "q", "k", "v" or all three in one, "intermediate", "output". `before` and `after` are modules between
    embeddings and layers, and behind the last layer. `languages` is the field that names languages, where layers have parts for each.

    `prefixes` stand before an encoder's tensors in checkpoints, `ignored` begin names of those that it has no place for;
    `head` are the names of LANGUAGE_HEAD there, `published_head` those that its authors gave them, where `transformers` has
    others; `head_activation` is the field that names the head's non-linearity, where that is not always gelu. `unfit` are
    families of adapters that it cannot bear, and why. `apart` says why adapters that `adapters` itself trained on it mean
    another function here, where they do.
    """

    name: str
    summary: str
    config: str
    model: str
    encoder: str
    fields: Mapping[str, Check]
    needed: tuple[str, ...]
    shape: Callable[[Mapping[str, Any]], EncoderShape]
    specials: Mapping[str, str]
    citation: str
    layers: str = "encoder.layer"
    layer_count: str = "num_hidden_layers"
    odd: Callable[[Mapping[str, Any]], str] = lambda fields: ""
    positions_after_pad: bool = False
    """RoBERTa numbers positions from `pad_token_id + 1` on, so that many of them are never used."""
    pad: int = 0
    """What `transformers` takes for `pad_token_id` where a config names none."""
    segments: bool = True
    """Second segments are of token type 1, where the config has two; RoBERTa's tokenizers never say so, and it was trained without."""
    attention: str = "sdpa"
    inside: tuple[str, ...] = ()
    held: bool = False
    first: bool = False
    lora: Mapping[str, str] = field(default_factory=lambda: BERT_LORA)
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    languages: str = ""
    prefixes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    head: Mapping[str, str] = field(default_factory=dict)
    published_head: Mapping[str, str] = field(default_factory=dict)
    head_activation: str = ""
    unfit: Mapping[str, str] = field(default_factory=dict)
    apart: str = ""
