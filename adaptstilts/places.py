"""Where the files that travel with the package lie, in a checkout and in an installed wheel alike; and the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CACHE = "ADAPTSTILTS_CACHE"
"""The environment variable that names the user's cache."""


def shipped(name: str) -> Path:
    """Folder `configs` or `adapter_zoo`: beside the package in a checkout, inside it in a wheel."""
    beside = PACKAGE.parent / name
    return beside if (PACKAGE.parent / "pyproject.toml").is_file() and beside.is_dir() else PACKAGE / name


def encoder() -> Path:
    """The shipped pocket encoder: weights, tokenizer, card."""
    return PACKAGE / "pocket" / "encoder"


def cached(*parts: str) -> Path:
    """Where a file of the user's cache is, or would be: below ADAPTSTILTS_CACHE, or the system's place (XDG_CACHE_HOME).

    One that lies in ~/.cache/adaptstilts, which was the place on every system, is found there.
    """
    from platformdirs import user_cache_path

    home = os.environ.get(CACHE)
    path = (Path(home) if home else user_cache_path("adaptstilts", appauthor=False)).joinpath(*parts)
    earlier = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").joinpath("adaptstilts", *parts)
    return earlier if not home and earlier.exists() and not path.exists() else path
