"""The only door through which models enter: known configs, safetensors, pinned revisions, no code of strangers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import nullcontext
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers.modeling_utils import no_init_weights

from adaptstilts.bounds import JSON_BYTES
from adaptstilts.data.encoding.tokenizer import BareTokenizer
from adaptstilts.data.hub.pins import pinned
from adaptstilts.data.hub.snapshot import Snapshot, is_hash, snapshot
from adaptstilts.errors import CorruptArtefact, DataMissing, InputError, Refused
from adaptstilts.listeners import Speaker
from adaptstilts.models.architectures import Architecture
from adaptstilts.models.architectures.build import flex_model
from adaptstilts.models.architectures.languages import check_reads
from adaptstilts.models.backbone import Backbone
from adaptstilts.models.devices import own_device
from adaptstilts.models.door.config import ModelConfig, read_config
from adaptstilts.models.door.folder import INDEX, NAME_ANOTHER, TEXT_FILES, local_folder, made_folder, needed_weights
from adaptstilts.models.door.headers import TOKENIZER_BYTES, inside, read_header
from adaptstilts.models.door.identity import identity
from adaptstilts.models.door.tokenizer import read_tokenizer
from adaptstilts.models.heads import LANGUAGE_TENSORS, language_tensor
from adaptstilts.models.precision import Wanted, halve, halved, precision_for
from adaptstilts.models.quantization import check_quantized, quantize
from adaptstilts.settings import BackboneSettings

log = Speaker(__name__)


def open_backbone(settings: BackboneSettings, precision: Wanted = "float32") -> Backbone:
    """The backbone that `settings` name, frozen, in evaluation mode, on the GPU where there is one.

    It is float32 unless quantized, and multiplies in the `precision` asked for (see `precision_for`).

    Raises Refused (a config that is unknown or could run code), DataMissing (no weights), CorruptArtefact (files that
    do not read back), InputError (no such backbone, `reads` that do not fit it) and EnvironmentProblem (the Hub cannot be reached).
    """
    check_quantized(settings.quantize)
    named = identity(settings)
    folder, fetched = _folder(settings)
    if fetched and not is_hash(fetched.revision):
        log.info(f"backbone {fetched}: {fetched.revision} is commit {fetched.commit}; pin it with `adaptstilts pin`")
    config = read_config(folder)
    if settings.reads and not config.languages:
        do = "Leave it out: its layers have no parts for each language."
        raise InputError("the encoder reads all languages alike", where="backbone.reads", do=do)
    check_reads(config.languages, settings.reads)
    tokenizer = read_tokenizer(folder, config)
    model, language = _model(config, settings, folder)
    if settings.init == "random":
        layers = int(model.config.num_hidden_layers)
        what = f"UNTRAINED weights of this shape with {layers} layers (backbone.init=random)"
        log.info(f"backbone {_shown(settings)}: {what}")
    if len(tokenizer) > model.config.vocab_size:
        what = f"the tokenizer has {len(tokenizer)} tokens, the model {model.config.vocab_size}"
        raise Refused(what, where=str(folder))
    device = own_device()
    chosen = precision_for(precision, device, model.config.hidden_size)
    if chosen == "bfloat16" and device.type == "cpu":
        halve(model)
        log.info(f"backbone {_shown(settings)}: frozen matrices are in bfloat16 (device.precision={precision})")
    if settings.quantize:
        quantize(model, settings.quantize, device)
    else:
        model.to(device)
    unused = model.config.pad_token_id + 1 if config.architecture.positions_after_pad else 0
    return Backbone(
        model=model,
        tokenizer=tokenizer,
        identity=named,
        hidden_size=model.config.hidden_size,
        layers=model.config.num_hidden_layers,
        architecture=config.model_type,
        max_length=model.config.max_position_embeddings - unused,
        name=_shown(settings),
        language_head=language,
        precision=chosen,
        languages=config.languages,
        reads=settings.reads,
        exact=(lambda: _model(config, settings, folder)[0]) if halved(model) else None,
    )


def open_tokenizer(settings: BackboneSettings) -> BareTokenizer:
    """The backbone's tokenizer alone, through the same door; raises as `open_backbone`."""
    bare = dataclasses.replace(settings, init="random")  # no weights are fetched
    folder, _ = _folder(bare)
    return read_tokenizer(folder, read_config(folder))


def _folder(settings: BackboneSettings) -> tuple[Path, Snapshot | None]:
    """Where the backbone's files lie, none of which is a link that leads elsewhere, and what of the Hub they are."""
    folder, fetched = made_folder(settings.name), None
    if folder is None:
        folder, fetched = _fetch(settings)
    for path in (*(folder / name for name in TEXT_FILES), *folder.glob("*.safetensors")):
        inside(path, folder)
    return folder, fetched


def _shown(settings: BackboneSettings) -> str:
    """The backbone's name without the folders of this machine."""
    return settings.name if local_folder(settings.name) is None else Path(settings.name).name


def _fetch(settings: BackboneSettings) -> tuple[Path, Snapshot]:
    """The Hub's folder of one commit, as the lock file pins it: text files first, then safetensors, nothing else."""
    found = snapshot("model", settings.name, pinned("model", settings.name, settings.revision))
    if "config.json" not in found.paths:
        raise DataMissing("the repository holds no model (no config.json)", where=str(found), do=NAME_ANOTHER)
    found.check_names()
    folder = found.fetch("config.json", JSON_BYTES).parent
    most = read_config(folder).bytes  # what is refused is told before gigabytes are fetched
    for name in TEXT_FILES:
        if name in found.paths:
            found.fetch(name, TOKENIZER_BYTES)
    if settings.init == "pretrained":
        for name in _weights_in(found):
            found.fetch(name, most)
    return folder, found


def _weights_in(found: Snapshot) -> list[str]:
    """The safetensors of a repository's top folder, in one file or in shards with their index."""
    if "model.safetensors" in found.paths:
        return ["model.safetensors"]
    names = [name for name in found.paths if name == INDEX or fnmatchcase(name, "model-*.safetensors")]
    pickles = [name for name in found.paths if name.endswith((".bin", ".pt", ".h5", ".msgpack"))]
    if not names:
        what = f"only {', '.join(pickles)}, which are never loaded" if pickles else "no weights (model.safetensors)"
        do = "Name a repository with safetensors, or pass `--set backbone.init=random` for untrained weights."
        raise DataMissing(f"the repository has {what}", where=str(found), do=do)
    return [name for name in names if "/" not in name]


def _model(config: ModelConfig, settings: BackboneSettings, folder: Path) -> tuple[Any, dict[str, torch.Tensor]]:
    """The float32 model, frozen, in evaluation mode, with its weights; and its head for masked-language modelling, if any."""
    language: dict[str, torch.Tensor] = {}
    if settings.init == "random":
        model = _untrained(config, settings)
    else:
        model = _build(config, settings, trained=True)
        files = needed_weights(folder, settings)
        for path in files:
            read_header(path, config.bytes)  # sizes that do not add up are told before anything is allocated
        found = _fill(getattr(model, config.architecture.encoder), files, config.architecture)
        language = found if config.tied else {}  # `heads` has none with a projection of its own
    return model.requires_grad_(False).eval(), language


def _build(config: ModelConfig, settings: BackboneSettings, *, trained: bool) -> Any:
    """The flex-head model of a config without pooler; `trained` ones wait for their weights uninitialised."""
    with no_init_weights() if trained else nullcontext():
        model = flex_model(config, layers=settings.layers, name=_shown(settings))
    getattr(model, config.architecture.encoder).pooler = None
    return model


def _untrained(config: ModelConfig, settings: BackboneSettings) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return _build(config, settings, trained=False)


def _fill(encoder: nn.Module, files: list[Path], known: Architecture) -> dict[str, torch.Tensor]:
    """Copy the tensors of safetensors files into the encoder as float32; every parameter must be found, and finite.

    Returns the checkpoint's head for masked-language modelling, if all of it is there (see `heads.language_tensor`).
    """
    wanted, language = dict(encoder.named_parameters()), dict[str, torch.Tensor]()
    missing, one_model = set(wanted), "Weights and config.json must come from the same model."
    for path in files:
        for key, tensor in _tensors(path):
            place = language_tensor(key, known)
            if place:
                language[place] = tensor.float()
            name = _encoder_name(key, known)
            if name not in wanted:
                continue
            if tensor.shape != wanted[name].shape:
                what = f"{key} has the shape {tuple(tensor.shape)}, the config says {tuple(wanted[name].shape)}"
                raise CorruptArtefact(what, where=str(path), do=one_model)
            if not torch.isfinite(tensor).all():
                what = f"{key} holds values that are not finite"
                raise CorruptArtefact(what, where=str(path), do="Fetch the weights again.")
            with torch.no_grad():
                wanted[name].copy_(tensor)
            missing.discard(name)
    if missing:
        what = f"{len(missing)} tensors are not in the weights, {min(missing)} among them"
        raise CorruptArtefact(what, where=str(files[0]), do=one_model)
    for part in ("dense", "norm"):  # ModernBERT's have no biases
        weight, bias = LANGUAGE_TENSORS[f"{part}.weight"], LANGUAGE_TENSORS[f"{part}.bias"]
        if weight in language and bias not in language:
            language[bias] = torch.zeros(len(language[weight]))
    return language if len(language) == len(LANGUAGE_TENSORS) else {}


def _tensors(path: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of one safetensors file, one in memory at a time; CorruptArtefact if the file is cut or garbled."""
    try:
        with safe_open(path, framework="pt") as stream:
            for key in stream.keys():  # noqa: SIM118 - safe_open is no mapping
                yield key, stream.get_tensor(key)
    except (SafetensorError, OSError) as error:
        do = "Fetch or copy the file again."
        raise CorruptArtefact(f"the weights do not read back ({error})", where=str(path), do=do) from error


def _encoder_name(key: str, known: Architecture) -> str:
    """A checkpoint's tensor name without prefix and in today's spelling; empty if not the encoder's."""
    for prefix in known.prefixes:
        key = key.removeprefix(prefix)
    if key.startswith(known.ignored):
        return ""
    return key.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
