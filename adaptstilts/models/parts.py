"""Single parts on a model tree: private copies that share tensors, fresh and saved adapters, fusions, a head."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from adapters.composition import Fuse
from adapters.heads import PredictionHead
from adapters.loading import AdapterLoader
from adapters.utils import SAFE_WEIGHTS_NAME
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from adaptstilts import ids
from adaptstilts.compositions.blocks import Block, Fused, names_in
from adaptstilts.errors import CorruptArtefact, DataMissing, InputError
from adaptstilts.kinds.kind import Head
from adaptstilts.models.door.adapter_schema import ADAPTER_FILES, check_config
from adaptstilts.models.door.config import read_json
from adaptstilts.models.dual import DualHead
from adaptstilts.models.families import config_of, refuse_unfit
from adaptstilts.settings import AdapterSettings

logging.getLogger("adapters").setLevel(logging.ERROR)  # it talks about every load; what matters is checked here


def private_tree(model: nn.Module) -> Any:
    """A copy of the module tree, parameters and buffers shared: adding to the copy leaves no trace in the original."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)


@contextmanager
def drawn_from(*parts: str | int) -> Iterator[None]:
    """Torch's random numbers as a pure function of `parts`; the state outside is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(ids.rng_for(*parts).getrandbits(63))
        yield


def check_names(block: Block | None) -> None:
    """InputError for names that `adapters` cannot hold, or one name twice."""
    names = names_in(block)
    for name in names:
        if not name or set(name) & set(".,/"):
            raise InputError(f"{name!r} cannot name an adapter: no dots, commas or slashes", where="composition")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"the adapter {twice[0]!r} is in the composition twice", where="composition")


def add_fresh(model: Any, name: str, shape: AdapterSettings, seed: int) -> None:
    """Add an untrained adapter whose weights depend on name and seed only.

    Raises UnknownName for an architecture that does not compose, NotApplicable for a size that does not fit.
    """
    refuse_unfit(model, shape.architecture)
    config = config_of(shape, model.config.hidden_size, model.config.num_hidden_layers)
    with drawn_from("adapter", name, seed):
        model.add_adapter(name, config=config)


def add_saved(model: Any, name: str, folder: Path) -> str:
    """Load an adapter saved by `adapters` as safetensors, checked tensor by tensor, and return its digest.

    It is known by `name` from then on. Raises DataMissing (files not there), CorruptArtefact (they do not read back,
    or do not fit one another) and InputError (the adapter was made for a backbone of another size).
    """
    files = [folder / file for file in ADAPTER_FILES]
    for file in files:
        if not file.is_file():
            do = "Train it again with `adaptstilts train`, or save it from `adapters` with use_safetensors=True."
            raise DataMissing(f"the adapter {name!r} has no {file.name}", where=str(folder), do=do)
    config = read_json(files[0])
    check_config(config, files[0])
    if config.get("hidden_size", model.config.hidden_size) != model.config.hidden_size:
        width, here = config["hidden_size"], model.config.hidden_size
        what = f"the adapter {name!r} is for encoders {width} wide, this one is {here}"
        raise InputError(what, where=str(folder), do="Use an adapter that was trained on this backbone.")
    tensors = read_tensors(files[1])
    loader = AdapterLoader(model)
    renamed = loader.rename_func(config.get("name", name), name)
    try:
        with drawn_from("saved", name):  # initial weights, all overwritten below
            model.add_adapter(name, config=config["config"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CorruptArtefact(f"no adapter can be made of this ({error})", where=str(files[0])) from error
    base, own = f"{model.base_model_prefix}.", {key: tensor for key, tensor in tensors.items() if _POOL not in key}
    found = {renamed(with_prefix(key, base)): tensor for key, tensor in own.items()}
    fill(parameters_of(model, name), found, files[1])
    return ids.files_digest(files)


_POOL = ".prefix_tuning.pool."
"""Every layer's reference to the one module that makes all prefixes; `adapters` names its tensors once for each."""


def parameters_of(model: Any, name: str) -> dict[str, nn.Parameter]:
    """The parameters of one adapter by the names that its file has, each once."""
    chosen = AdapterLoader(model).filter_func(name)
    named = model.named_parameters(remove_duplicate=False)
    return {key: parameter for key, parameter in named if chosen(key) and _POOL not in key}


def write_adapter(model: Any, name: str, folder: Path) -> None:
    """Write an adapter as `adapters` does, which cannot write a prefix as safetensors: it would write it several times."""
    own = parameters_of(model, name)
    if not any(".prefix_tunings." in key for key in own):
        model.save_adapter(str(folder), name, with_head=False, use_safetensors=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    loader = AdapterLoader(model, use_safetensors=True)
    loader.weights_helper.save_weights_config(str(folder), loader.save_to_state_dict(name)[1])
    save_file({key: parameter.detach().contiguous() for key, parameter in own.items()}, folder / SAFE_WEIGHTS_NAME)


def with_prefix(key: str, prefix: str) -> str:
    """Files saved from a bare encoder lack the prefix that those of a model with heads have."""
    return key if key.startswith(prefix) else prefix + key


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of a safetensors file, on the CPU; CorruptArtefact if it is missing, cut or garbled."""
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        do = "Remove the folder and run the command again; what is missing is made anew."
        raise CorruptArtefact(f"the weights do not read back ({error})", where=str(path), do=do) from error


def fill(parameters: dict[str, nn.Parameter], tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Copy tensors into parameters of the same names and shapes; CorruptArtefact unless they match one to one."""
    odd = sorted(set(parameters) ^ set(tensors))
    if odd:
        side = "lacks" if odd[0] in parameters else "has beside what fits"
        raise CorruptArtefact(f"the file {side} {odd[0]} ({len(odd)} tensors do not match)", where=str(path))
    for name, parameter in parameters.items():
        if parameter.shape != tensors[name].shape:
            what = f"{name} has the shape {tuple(tensors[name].shape)}, {tuple(parameter.shape)} fits"
            raise CorruptArtefact(what, where=str(path))
        with torch.no_grad():
            parameter.copy_(tensors[name])


def add_fusion(model: Any, fused: Fused, seed: int) -> None:
    """AdapterFusion over a block's adapters with `adapters`' default ("dynamic": query, key and value)."""
    with drawn_from("fusion", seed):
        model.add_adapter_fusion(Fuse(*fused.parts))


def add_head(model: Any, head: Head, name: str, seed: int) -> PredictionHead | None:
    """The prediction head of `adapters` that a kind's head asks for; None for pooled hidden states.

    "sequence" is RoBERTa's classifier (dense, tanh, linear on the first token; Liu et al. 2019), or with the loss
    "contrast" a dual encoder's pooler (see `dual`); "token" is one linear layer.
    """
    if head.level == "pooled":
        return None
    with drawn_from("head", seed):
        if head.loss == "contrast":
            model.add_prediction_head(DualHead(model, name))
        elif head.level == "sequence":
            model.add_classification_head(name, num_labels=head.outputs, layers=2)
        elif head.loss == "span":
            model.add_qa_head(name, num_labels=head.outputs)
        else:
            model.add_tagging_head(name, num_labels=head.outputs)
    made: PredictionHead = model.heads[name]
    return made
