"""The part of a step's key that names the backbone: by content where the files are at hand, by revision on the Hub."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.data.hub.pins import pinned
from adaptstilts.errors import InputError
from adaptstilts.models.door.folder import local_folder, needed_weights, text_files
from adaptstilts.settings import BackboneSettings


def identity(settings: BackboneSettings) -> dict[str, Any]:
    """JSON that is equal exactly when the backbones are: paths do not matter, and needs no network.

    Raises DataMissing if a local folder lacks what it needs, InputError for settings that contradict one another.
    """
    if settings.init == "pretrained" and settings.layers is not None:
        do = "Leave it out, or pass `--set backbone.init=random`."
        raise InputError("`layers` only applies to untrained weights", where="backbone.layers", do=do)
    if settings.layers is not None and settings.layers < 1:
        what = f"an encoder of {settings.layers} layers is impossible"
        raise InputError(what, where="backbone.layers", do="Set it to 1 or more.")
    folder = local_folder(settings.name)
    if folder is None:
        named: dict[str, Any] = {"hub": settings.name, "revision": pinned("model", settings.name, settings.revision)}
    else:
        files = text_files(folder)
        if settings.init == "pretrained":
            files = files + needed_weights(folder, settings)
        named = {"content": _digest(files)}
    if settings.init == "random":
        named |= {"init": "random", "seed": settings.seed}
        named |= {"layers": settings.layers} if settings.layers is not None else {}
    return named | ({"quantize": settings.quantize} if settings.quantize else {})


def _digest(files: list[Path]) -> str:
    stats = [(path, path.stat()) for path in sorted(files, key=lambda p: p.name)]
    return ids.digest([[path.name, _content(str(path), s.st_size, s.st_mtime_ns)] for path, s in stats])


@lru_cache(maxsize=64)
def _content(path: str, size: int, modified: int) -> str:
    """Digest of one file's bytes, read in pieces (weights are large), once per process and state of the file."""
    total = hashlib.blake2b(digest_size=16)
    with Path(path).open("rb") as stream:
        while piece := stream.read(1 << 22):
            total.update(piece)
    return total.hexdigest()
