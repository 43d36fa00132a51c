"""Where the files that travel with the package lie, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Folder `configs` or `adapter_zoo`: beside the package in a checkout, inside it in a wheel."""
    beside = PACKAGE.parent / name
    return beside if (PACKAGE.parent / "pyproject.toml").is_file() and beside.is_dir() else PACKAGE / name


def encoder() -> Path:
    """The shipped pocket encoder: weights, tokenizer, card."""
    return PACKAGE / "pocket" / "encoder"
