"""Pickled weights of old adapters, read by torch's restricted unpickler alone and written anew as safetensors."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from adaptstilts.errors import CorruptArtefact, Refused
from adaptstilts.models.door.headers import ADAPTER_BYTES, bounded

DTYPES = (torch.float32, torch.float16, torch.bfloat16)


def convert(source: Path, target: Path, most: int = ADAPTER_BYTES) -> None:
    """Write the tensors of a pickle as safetensors, in float32.

    The pickle may hold a mapping of names to floating-point tensors and nothing else (`torch.load(weights_only=True)`
    runs no code of it). Refused for anything else, for compressed entries, and for tensors larger than their bytes.
    """
    size = bounded(source, most)
    _check_archive(source)
    try:
        found = torch.load(source, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, AttributeError, KeyError, TypeError) as error:
        what = "the pickle holds more than tensors, or is damaged; nothing of it was run"
        do = "Ask its owner for safetensors, or convert it where nothing can come to harm."
        raise Refused(what, where=str(source), do=do) from error
    _check_tensors(found, source, size)
    tensors = {name: tensor.detach().float().contiguous().clone() for name, tensor in found.items()}
    try:
        save_file(tensors, target, metadata={"format": "pt"})
    except (OSError, ValueError) as error:
        raise CorruptArtefact(f"cannot be written as safetensors ({error})", where=str(target)) from error


def _check_archive(source: Path) -> None:
    """`torch.save` never compresses: an entry that unfolds to more than it takes is a trap."""
    if not zipfile.is_zipfile(source):
        return
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > entry.compress_size:
                raise Refused("the pickle's archive is compressed, which torch never does", where=str(source))


def _check_tensors(found: Any, source: Path, size: int) -> None:
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise Refused("the pickle is no mapping of names to tensors", where=str(source))
    total = 0
    for name, tensor in found.items():
        if not isinstance(tensor, torch.Tensor) or tensor.dtype not in DTYPES or tensor.layout != torch.strided:
            raise Refused(f"{name[:80]!r} is no dense tensor of floating-point numbers", where=str(source))
        total += tensor.numel() * tensor.element_size()
        if total > size:
            raise Refused("the pickle's tensors claim more bytes than the file has", where=str(source))
