"""Settings and provenance without what tells of one machine: its paths, its name, its cores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptstilts.errors import redact

HOST = frozenset({"platform", "cores", "engine", "host", "hostname", "user", "worker", "pid"})
"""Fields of a record's provenance that say where it ran, not what was run."""


def scrubbed(value: Any) -> Any:
    """The value with each path of this machine cut to its last part, and without tokens."""
    if isinstance(value, Mapping):
        return {str(key): scrubbed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrubbed(item) for item in value]
    if isinstance(value, str):
        return redact(_short(value))
    return value


def _short(text: str) -> str:
    path = Path(text)
    if len(text) < 4096 and (text.startswith(("/", "~", "./", "../")) or ("/" in text and _there(path))):
        return f"./{path.name}"
    return text


def _there(path: Path) -> bool:
    try:
        return path.expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def without_host(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Provenance for others: packages, commit, dirty flag, Python, config and backbone."""
    return {key: scrubbed(value) for key, value in provenance.items() if key not in HOST}
