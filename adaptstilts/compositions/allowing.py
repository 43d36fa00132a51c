"""Which compositions can be made of which adapter shapes, known before anything is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adaptstilts.compositions.composition import Composition
    from adaptstilts.settings import AdapterSettings


def reason(composition: Composition, shape: AdapterSettings) -> str:
    """Why the composition cannot be made of adapters of this shape, or "" where it can."""
    return ""
