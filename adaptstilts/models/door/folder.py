"""Which folder a backbone's name means, and which of its files decide what the backbone computes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from adaptstilts import places
from adaptstilts.bounds import JSON_BYTES
from adaptstilts.data.hub.pins import pinned
from adaptstilts.data.hub.snapshot import snapshot
from adaptstilts.errors import DataMissing, InputError, Refused
from adaptstilts.models.door.config import ModelConfig, read_config, read_json
from adaptstilts.models.packaged.backbones import PACKAGED
from adaptstilts.models.size import KNOWN, EncoderShape
from adaptstilts.settings import BackboneSettings

POCKET = "pocket"
TEXT_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
INDEX = "model.safetensors.index.json"
NAME_ANOTHER = "Name a repository with config.json, tokenizer.json and model.safetensors."
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_SHARD = re.compile(r"[\w.-]+\.safetensors")


def local_folder(name: str) -> Path | None:
    """The folder of `pocket`, of a packaged backbone (which `made_folder` makes), or of a path; None for a Hub id.

    InputError for a path that is no folder.
    """
    if name == POCKET:
        return places.encoder()
    if name in PACKAGED:
        return PACKAGED[name].place
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if not _HUB_ID.fullmatch(name):
        do = "Name `pocket`, `e5-small`, a folder with config.json, or a Hub id such as xlm-roberta-large."
        raise InputError(f"no backbone {name!r}: no such folder, and not a Hub id", where="backbone.name", do=do)
    return None


def cached_folder(name: str, revision: str) -> Path | None:
    """The snapshot's folder with config and tokenizer of a repository in the Hub's cache; None if they are not there."""
    from huggingface_hub import try_to_load_from_cache

    found = [try_to_load_from_cache(name, file, revision=revision) for file in ("config.json", "tokenizer.json")]
    if not all(isinstance(path, str) for path in found):
        return None
    try_to_load_from_cache(name, INDEX, revision=revision)
    return Path(str(found[0])).parent


def config_at_hand(settings: BackboneSettings) -> ModelConfig | None:
    """The encoder's config where it is here; None where it would be fetched or made. Raises as `local_folder` and `read_config` do."""
    commit = pinned("model", settings.name, settings.revision)
    folder = local_folder(settings.name) or cached_folder(settings.name, commit)
    return read_config(folder) if folder is not None and settings.name not in PACKAGED else None


def shape_at_hand(settings: BackboneSettings) -> EncoderShape | None:
    """How large the encoder is, by its config.json where that is here, else by its name; None for one that is not known.

    Nothing is fetched. Raises as `local_folder` and `read_config` do.
    """
    found = config_at_hand(settings)
    shape = found.shape if found else KNOWN.get(settings.name)
    return replace(shape, layers=settings.layers) if shape and settings.layers else shape


def made_folder(name: str) -> Path | None:
    """`local_folder`, with a packaged backbone made if it is not there yet; raises as it and `Packaged.make` do."""
    return PACKAGED[name].make() if name in PACKAGED else local_folder(name)


def open_config(name: str, revision: str = "main") -> ModelConfig:
    """The config of a backbone alone, by `pocket`, folder or Hub id: all that planning with others' adapters asks of it.

    Raises as `local_folder` and `read_config` do, DataMissing and EnvironmentProblem as the Hub answers.
    """
    folder = made_folder(name)
    if folder is None:
        found = snapshot("model", name, pinned("model", name, revision))
        if "config.json" not in found.paths:
            raise DataMissing("the repository holds no model (no config.json)", where=str(found), do=NAME_ANOTHER)
        folder = found.fetch("config.json", JSON_BYTES).parent
    return read_config(folder)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model folder, in order; empty if it has none.

    Raises Refused if an index names files outside the folder, DataMissing if a shard of the index is not there.
    """
    single = folder / "model.safetensors"
    if single.is_file():
        return [single]
    index = folder / INDEX
    if not index.is_file():
        return []
    shards = read_json(index).get("weight_map")
    names = sorted(set(map(str, shards.values()))) if isinstance(shards, dict) else []
    for name in names:
        if not _SHARD.fullmatch(name):
            raise Refused(f"the index names {name!r}, which is not a safetensors file of this folder", where=str(index))
        if not (folder / name).is_file():
            raise DataMissing(f"{name} is missing", where=str(folder), do="Fetch the whole model again.")
    return [folder / name for name in names]


def text_files(folder: Path) -> list[Path]:
    """Config and tokenizer files that are there, the two obligatory ones checked for."""
    do = "Rebuild it with `adaptstilts pocket build`." if folder == places.encoder() else "Fetch the model again."
    for name in ("config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise DataMissing(f"no {name} here", where=str(folder), do=do)
    return [folder / name for name in TEXT_FILES if (folder / name).is_file()]


def needed_weights(folder: Path, settings: BackboneSettings) -> list[Path]:
    """The weight files that pretrained settings need; DataMissing with what to do if there are none."""
    files = weight_files(folder)
    if files:
        return files
    pickles = sorted(p.name for p in folder.glob("*.bin"))
    has = (
        f"only pickled weights ({pickles[0]}), which are never loaded" if pickles else "no weights (model.safetensors)"
    )
    do = "Fetch the weights as safetensors, or pass `--set backbone.init=random` for an untrained model of this shape."
    raise DataMissing(f"the backbone {settings.name!r} has {has}", where=str(folder), do=do)
