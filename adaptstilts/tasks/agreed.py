"""SNLI's pairs that its annotators agreed on."""

from __future__ import annotations

from typing import Any


def agreed(record: dict[str, Any], language: str) -> dict[str, Any] | None:
    """SNLI marks a pair without a majority among its five annotators with -1."""
    return None if record["label"] == -1 else record
