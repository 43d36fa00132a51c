"""adaptstilts: modular transfer for multilingual encoders.

`expand` plans a sweep, `run` does its steps, `load_records` and `load_frame` read what they left behind; `include` lets in a declaration
of your own and `put_rows` gives it rows. Each is imported at its first use. What is said meanwhile goes to the logger `adaptstilts`.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adaptstilts.config.include import include
    from adaptstilts.data.own import put_rows
    from adaptstilts.plan.sweeps.expansion import expand
    from adaptstilts.store.store import load_records
    from adaptstilts.store.tables import load_frame

logging.getLogger(__name__).addHandler(logging.NullHandler())

__version__ = "0.1.0"
__all__ = ["__version__", "expand", "include", "load_frame", "load_records", "put_rows", "run"]

_ROOMS = {
    "include": "adaptstilts.config.include",
    "expand": "adaptstilts.plan.sweeps.expansion",
    "load_frame": "adaptstilts.store.tables",
    "load_records": "adaptstilts.store.store",
    "put_rows": "adaptstilts.data.own",
    "run": "adaptstilts.launch",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
