"""The device of this process, and how much memory has been held on it."""

from __future__ import annotations

import importlib
import os
import sys

import torch


def own_device() -> torch.device:
    """Where this process computes: its own GPU, where there are several processes (`accelerate launch`), else the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", torch.cuda.current_device())))
    return torch.device("cuda", torch.cuda.current_device())


def peak_memory(device: torch.device) -> int:
    """The most bytes held at once: of the GPU where that is the device, else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated()
    if sys.platform == "win32":
        return int(importlib.import_module("psutil").Process().memory_info().peak_wset)
    resource = importlib.import_module("resource")  # not there on Windows
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, KiB elsewhere
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
