"""The twins of the tasks, one file each; the file's TWIN is registered by being here."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from adaptstilts.errors import UnknownName
from adaptstilts.pocket.twin import Twin


@cache
def twins() -> dict[str, Twin]:
    """Name -> declaration."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__")
    return {name: importlib.import_module(f"{__name__}.{name}").TWIN for name in names}


def twin(name: str) -> Twin:
    """The twin of a task; raises UnknownName."""
    if name not in twins():
        raise UnknownName("pocket twin", name, twins())
    return twins()[name]
