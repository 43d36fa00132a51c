"""The machine: cores, memory, GPU, arithmetic in bfloat16, and room on the disks that are written to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from humanize import naturalsize

from adaptstilts import places
from adaptstilts.doctor.finding import Finding, Level

LITTLE = 10**9
"""Bytes of free disk below which any run is at risk."""

_CGROUP = Path("/sys/fs/cgroup/memory.max")
_MEMINFO = Path("/proc/meminfo")


@dataclass(frozen=True)
class Device:
    """Where steps would compute here, and how many bytes of memory they may take; None where that cannot be known."""

    kind: str
    memory: int | None


def processor() -> Finding:
    """Cores that this process may use, and memory that it may have: the system's, or the container's where that is less."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = free_memory()
    shown = "memory unknown" if memory is None else f"{naturalsize(memory)} of memory free"
    values = {"cores": allowed, "memory": memory}
    return Finding("machine", "cpu", "ok", f"{allowed} core{'s' * (allowed != 1)}, {shown}", values=values)


def free_memory(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int | None:
    """Bytes available: the lesser of what the system has free and what the control group allows; None if neither tells."""
    found = []
    if meminfo.is_file():
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        found += [1024 * int(lines["MemAvailable"].split()[0])] if "MemAvailable" in lines else []
    if cgroup.is_file() and (limit := cgroup.read_text().strip()).isdigit():
        found.append(int(limit))
    return min(found, default=None)


def devices() -> tuple[Device, list[Finding]]:
    """The device that steps would use, and findings about GPUs and bfloat16; imports torch."""
    import torch

    if torch.cuda.is_available():
        found = [_gpu(number) for number in range(torch.cuda.device_count())]
        return Device("cuda", torch.cuda.get_device_properties(0).total_memory), [*found, _bfloat16("cuda")]
    return Device("cpu", free_memory()), [*_no_gpu(), _bfloat16("cpu")]


def _gpu(number: int) -> Finding:
    import torch

    facts = torch.cuda.get_device_properties(number)
    free, _ = torch.cuda.mem_get_info(number)
    what = f"{facts.name}, {naturalsize(facts.total_memory)}, {naturalsize(free)} of it free, compute {facts.major}.{facts.minor}"
    values = {"name": facts.name, "memory": facts.total_memory, "free": free}
    return Finding("machine", f"cuda:{number}", "ok", what, values=values)


def _no_gpu() -> Iterator[Finding]:
    import torch

    there = Path("/proc/driver/nvidia/version").exists() or bool(shutil.which("nvidia-smi"))
    if there and torch.version.cuda is None:
        what = f"a GPU driver is here, but torch {torch.__version__} is built without CUDA"
        yield Finding("machine", "cuda", "warning", what, "Install a CUDA build of torch in the range above.")
    elif there:
        what = f"a GPU driver is here, but torch (CUDA {torch.version.cuda}) can use no GPU"
        yield Finding("machine", "cuda", "warning", what, "See whether the driver is new enough and the GPU visible.")
    else:
        yield Finding("machine", "cuda", "ok", "no GPU; steps compute on the CPU")
    if torch.backends.mps.is_available():
        yield Finding("machine", "mps", "ok", "there, and not used: steps compute on the CPU")


def _bfloat16(kind: str) -> Finding:
    """A product of two small matrices in bfloat16 against the same in float32; 8 bits of mantissa leave about 1 %."""
    import torch

    from adaptstilts.models.precision import WIDE, multiplies_bfloat16

    made = torch.Generator().manual_seed(0)
    left, right = (torch.randn(64, 64, generator=made) for _ in range(2))
    values = {"device": kind}
    try:
        product = (left.to(kind, torch.bfloat16) @ right.to(kind, torch.bfloat16)).float().cpu()
    except (RuntimeError, AssertionError) as error:  # torch raises the second where it is built without CUDA
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return Finding("machine", "bf16", "warning", f"does not work on {kind} ({reason})", _SLOW, values)
    exact = left @ right
    off = float((product - exact).norm() / exact.norm())
    if not off < 0.02:
        return Finding("machine", "bf16", "warning", f"a product on {kind} is {off:.1%} off", _SLOW, values)
    if kind == "cuda" and not torch.cuda.is_bf16_supported():
        return Finding("machine", "bf16", "warning", "not supported by this GPU: passes are in float32", _SLOW, values)
    fast = kind == "cuda" or multiplies_bfloat16()
    used = f"passes of an encoder of width {WIDE} or more are in {'bf16' if fast else 'float32, which is faster here'}"
    return Finding("machine", "bf16", "ok", f"works on {kind}; {used}", values={**values, "error": off})


_SLOW = "Nothing to do; training takes longer, and more memory, without it."


def disk(name: str, folder: Path, needed: int = 0, what_for: str = "", *, section: str = "disk") -> Finding:
    """Free room where `folder` is or would be, against bytes `needed`; a problem if it cannot be written to."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    where = f"{folder.absolute()}"
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding(section, name, "problem", f"{where}: no permission to write here", _elsewhere(name))
    free = shutil.disk_usage(there).free
    values = {"path": where, "free": free, "needed": needed}
    what = f"{where}: {naturalsize(free)} free" + (f", {naturalsize(needed)} needed {what_for}" if needed else "")
    if free < needed:
        return Finding(section, name, "problem", what, f"Free some space. {_elsewhere(name)}", values)
    level: Level = "warning" if free < LITTLE else "ok"
    return Finding(section, name, level, what, "Free some space." if level == "warning" else "", values)


def _elsewhere(name: str) -> str:
    variables = {"cache": "HF_HOME", "backbones": places.CACHE}
    known = {"store": "--out", **variables}
    return f"Choose another place with {known[name]}." if name in known else ""
