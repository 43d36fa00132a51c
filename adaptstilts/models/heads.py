"""Prediction heads by name: made, saved and read again, each as a part of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from adapters.utils import SAFE_HEAD_WEIGHTS_NAME
from safetensors.torch import save_file
from torch import nn

from adaptstilts import ids
from adaptstilts.errors import DataMissing, NotApplicable
from adaptstilts.kinds.kind import IGNORED, Head
from adaptstilts.models.architectures.architecture import LANGUAGE_HEAD, Architecture
from adaptstilts.models.architectures.build import architecture_of
from adaptstilts.models.batch import Batch
from adaptstilts.models.parts import add_head, drawn_from, fill, read_tensors

MASKED: Literal["masked"] = "masked"
"""The loss of masked-language modelling; no kind of task asks for it."""


def masked_head(vocabulary: int) -> Head:
    """The head for masked-language modelling over `vocabulary` tokens (Devlin et al. 2019)."""
    return Head("token", vocabulary, MASKED)


LANGUAGE_TENSORS = dict(zip(LANGUAGE_HEAD, ("0.weight", "0.bias", "2.weight", "2.bias", "3.bias"), strict=True))


def add_heads(model: Any, heads: Mapping[str, Head], seed: int, language: Mapping[str, torch.Tensor]) -> None:
    """Add heads by name: the first one's weights depend on `seed` only, the others' on their name too.

    One for masked-language modelling is `adapters`' own (dense, non-linearity, norm, projection); its projection is the matrix
    of input embeddings, which Press & Wolf (2017) show to serve both ends. It starts from the backbone's own, `language`
    by `language_tensor`, where that is at hand. NotApplicable if it is not made for the model's vocabulary.
    """
    asked = architecture_of(model).head_activation
    activation = getattr(model.config, asked) if asked else "gelu"
    for number, (name, head) in enumerate(heads.items()):
        if head.loss == MASKED:
            if head.outputs != model.config.vocab_size:
                what = f"a head over {head.outputs} tokens does not fit a vocabulary of {model.config.vocab_size}"
                raise NotApplicable(what, where=name, do="Make it with `masked_head(tokens)`.")
            with drawn_from("masked head", name, seed):
                model.add_masked_lm_head(name, activation_function=activation)
            if language:
                own = {f"heads.{name}.{key}": tensor for key, tensor in language.items()}
                fill(head_parameters(model, name), own, Path(name))
        else:
            add_head(model, head, name, ids.rng_for("further head", name, seed).getrandbits(31) if number else seed)


def language_tensor(key: str, known: Architecture) -> str:
    """Where a checkpoint's tensor belongs in the head for masked-language modelling; empty if it is not of one."""
    key = key.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
    spelt = (known.head, known.published_head)
    return next((place for name, place in LANGUAGE_TENSORS.items() if key in [names.get(name) for names in spelt]), "")


def score(scorer: nn.Module | None, head: Head, hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
    """A head's raw outputs from hidden states [n, length, H].

    Sequence [n, outputs], token [n, length, outputs], pooled [n, H]. Masked-language modelling projects only the tokens
    with a target: [those, vocabulary], in the order of rows and places; ValueError for a batch without targets.
    """
    if head.level == "pooled" and head.pooling == "first":
        return hidden[:, 0]
    if head.level == "pooled":
        weights = batch.mask.to(hidden.dtype)
        return torch.einsum("nlh,nl->nh", hidden, weights) / weights.sum(1, keepdim=True)
    if head.loss == MASKED:
        if batch.targets is None:
            raise ValueError("masked-language modelling needs to know which tokens are masked")
        hidden = hidden[batch.targets != IGNORED]
    elif head.level == "sequence":
        hidden = hidden[:, 0]
    # the head's own forward wraps logits in an output object; its layers are all that is wanted
    outputs: torch.Tensor = nn.Sequential.forward(scorer, hidden)  # type: ignore[arg-type, no-untyped-call]
    return outputs


def save_head(model: Any, name: str, head: Head, folder: Path) -> None:
    """Write one head as plain `adapters` loads it; of a tied projection only the bias."""
    if head.level == "pooled":
        return
    if head.loss == MASKED:
        folder.mkdir(parents=True, exist_ok=True)
        own = {key: parameter.detach().contiguous() for key, parameter in head_parameters(model, name).items()}
        save_file(own, folder / SAFE_HEAD_WEIGHTS_NAME)
    else:
        model.save_head(str(folder), name, use_safetensors=True)


def load_head(model: Any, name: str, folder: Path) -> None:
    """Set a head to what `save_head` or `save_adapter(head=True)` wrote, whatever its name was there.

    Raises DataMissing (no such file) and CorruptArtefact (it does not read back, or is of another shape).
    """
    path = folder / SAFE_HEAD_WEIGHTS_NAME
    if not path.is_file():
        do = "Train the task again with `adaptstilts train`; its head is saved beside the adapter."
        raise DataMissing(f"there is no {path.name}", where=str(folder), do=do)
    found = {f"heads.{name}.{key.split('.', 2)[2]}": tensor for key, tensor in read_tensors(path).items()}
    fill(head_parameters(model, name), found, path)


def head_parameters(model: Any, name: str) -> dict[str, nn.Parameter]:
    """The parameters that are the head's own, by their names in the model."""
    return {key: parameter for key, parameter in model.named_parameters() if key.startswith(f"heads.{name}.")}
