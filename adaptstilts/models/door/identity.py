"""The part of a step's key that names the backbone: by content where the files are at hand, by revision on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.data.encoding.characters import ENCODING, has_characters
from adaptstilts.data.hub.pins import pinned
from adaptstilts.errors import InputError
from adaptstilts.models.door.folder import local_folder, needed_weights, text_files
from adaptstilts.models.packaged.backbones import PACKAGED, TEXTS
from adaptstilts.settings import BackboneSettings


def identity(settings: BackboneSettings) -> dict[str, Any]:
    """JSON that is equal exactly when the backbones are: paths do not matter, and needs no network.

    What a packaged backbone is made into is known before it is made: nothing is read for it. `encoding` is the version of how
    texts become ids, told where the tokenizer brings SentencePiece's table of characters, and of every Hub id, whose files may
    not be here. `reads` is no part of it: whose parts read a language decides nothing of steps in other languages.

    Raises DataMissing if a local folder lacks what it needs, InputError for settings that contradict one another.
    """
    if settings.init == "pretrained" and settings.layers is not None:
        do = "Leave it out, or pass `--set backbone.init=random`."
        raise InputError("`layers` only applies to untrained weights", where="backbone.layers", do=do)
    if settings.layers is not None and settings.layers < 1:
        what = f"an encoder of {settings.layers} layers is impossible"
        raise InputError(what, where="backbone.layers", do="Set it to 1 or more.")
    named: dict[str, Any]
    encoding = {"encoding": ENCODING}
    packaged, folder = PACKAGED.get(settings.name), local_folder(settings.name)
    if packaged:
        named = {"content": packaged.identity(TEXTS if settings.init == "random" else packaged.content), **encoding}
    elif folder is None:
        named = {"hub": settings.name, "revision": pinned("model", settings.name, settings.revision), **encoding}
    else:
        files = text_files(folder)
        if settings.init == "pretrained":
            files = files + needed_weights(folder, settings)
        named = {"content": _digest(files), **(encoding if has_characters(folder / "tokenizer.json") else {})}
    if settings.init == "random":
        named |= {"init": "random", "seed": settings.seed}
        named |= {"layers": settings.layers} if settings.layers is not None else {}
    return named | ({"quantize": settings.quantize} if settings.quantize else {})


def _digest(files: list[Path]) -> str:
    return ids.digest([[path.name, ids.file_digest(path)] for path in sorted(files, key=lambda path: path.name)])
