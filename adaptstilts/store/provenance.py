"""Where a number comes from: versions, commit, machine; nothing of it is in a key, all of it is in a record."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from adaptstilts.places import PACKAGE

PACKAGES = (
    "adaptstilts",
    "adapters",
    "torch",
    "transformers",
    "tokenizers",
    "regex",
    "datasets",
    "accelerate",
    "numpy",
)


@lru_cache(maxsize=1)
def machine(device: str) -> dict[str, Any]:
    """Package versions, git commit with its dirty flag (None outside a checkout), Python, platform, cores and device."""
    changes = _git("status", "--porcelain")
    return {
        "packages": {name: _version(name) for name in PACKAGES},
        "commit": _git("rev-parse", "HEAD"),
        "dirty": None if changes is None else bool(changes),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "device": device,
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(*words: str) -> str | None:
    """What git says of the checkout that this package runs from; None where the package is not tracked by one."""
    if not (PACKAGE.parent / ".git").exists():
        return None
    command = ["git", "-C", str(PACKAGE.parent), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
