"""Trees of plain values: read from YAML, laid over each other, changed at dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yaml import ScalarNode

from adaptstilts.bounds import read_bytes
from adaptstilts.config.yaml_text import YAML_BYTES, Loader, load
from adaptstilts.errors import ConfigError

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
LENGTHS = ("steps", "epochs")
"""How long a training run is: in the one or in the other."""


class Written(str):
    """What stands in YAML as it was written, where YAML would make something else than text of it: `no`, `0123`, all of `--set`.

    What it is to be is decided by the setting that it is for (`config.build`).
    """

    __slots__ = ()

    @property
    def value(self) -> Any:
        """What it means as YAML, its inner values as written; ValueError if it is not YAML."""
        try:
            found = load(self, _AsWritten)
            return load(found) if isinstance(found, Written) else found
        except ValueError as error:
            raise ValueError(f"{str(self)[:200]!r} is not YAML ({error})") from error

    @property
    def is_null(self) -> bool:
        """Whether YAML makes nothing of it."""
        return self.strip() in _NULL

    @property
    def opened(self) -> Any:
        """As `value`; None for what is not YAML."""
        try:
            return self.value
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """What it means where text is wanted: itself, without the quotes that it may stand in."""
        quoted = self[:1] in ("'", '"') and self[-1:] == self[:1] and len(self) > 1
        try:
            found = load(self, _AsWritten) if quoted else str(self)
        except ValueError:
            found = str(self)
        return found if isinstance(found, str) else str(self)


class _AsWritten(Loader):
    """Leaves scalars that are no text as they are written, keys too."""


def _as_written(_: Loader, node: ScalarNode) -> Written:
    return Written(node.value)


for _kind in ("bool", "int", "float", "null", "timestamp"):
    _AsWritten.add_constructor(f"tag:yaml.org,2002:{_kind}", _as_written)


def read_tree(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds, with what is no text as `Written`; ConfigError where it holds none."""
    try:
        tree = load(read_bytes(path, YAML_BYTES), _AsWritten)
    except ValueError as error:
        raise ConfigError(str(path), [f"not YAML: {error}"]) from error
    if not isinstance(tree, dict):
        raise ConfigError(str(path), ["the file must hold a mapping of settings"])
    return tree


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The tree `above` laid over the one `below`; where it says how long training is, it alone says so."""
    found = {key: value for key, value in below.items() if not (key in LENGTHS and _gives_length(above))}
    for key, value in above.items():
        old = found.get(key)
        found[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return found


def put(tree: dict[str, Any], key: str, value: Any) -> list[str]:
    """Put a value at a dotted key of the tree; what is wrong with that. `backbone` alone is its name (`backbone=DIR`)."""
    *parents, last = ("backbone", "name") if key == "backbone" else key.split(".")
    for part in parents:
        tree.setdefault(part, {})
        inner = opened(tree, part)
        if inner is None:
            return [f"{key}: {part!r} is a value, not a section"]
        tree = inner
    if last in LENGTHS and _gives_length({last: value}):
        for name in LENGTHS:
            tree.pop(name, None)
    tree[last] = value
    return []


def opened(tree: dict[str, Any], key: str) -> dict[str, Any] | None:
    """The mapping at a key of the tree, made of it there if it is still as it was written; None for anything else."""
    inner = tree.get(key)
    if isinstance(inner, Written) and isinstance(known := inner.opened, dict):
        inner = tree[key] = known
    return inner if isinstance(inner, dict) else None


def _gives_length(tree: Mapping[str, Any]) -> bool:
    """Whether one of `steps` and `epochs` is set."""
    values = [tree[name] for name in LENGTHS if name in tree]
    return any(not (value is None or (isinstance(value, Written) and value.is_null)) for value in values)
