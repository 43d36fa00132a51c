"""Trees of plain values: read from YAML, laid over each other, changed at dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from adaptstilts.errors import ConfigError


def read_tree(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; ConfigError where it holds none."""
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"not YAML: {error}"]) from error
    if not isinstance(tree, dict):
        raise ConfigError(str(path), ["the file must hold a mapping of settings"])
    return tree


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The tree `above` laid over the one `below`."""
    found = dict(below)
    for key, value in above.items():
        old = found.get(key)
        found[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return found


def put_text(tree: dict[str, Any], text: str) -> list[str]:
    """Put what `a.b=value` says, its value in YAML, into the tree; what is wrong with it."""
    key, equals, raw = text.partition("=")
    if not equals or not key:
        return [f"{text!r} is not key=value"]
    try:
        value = yaml.safe_load(raw) if raw else None
    except yaml.YAMLError:
        return [f"{key}: {raw!r} is not YAML"]
    return put(tree, key.strip(), value)


def put(tree: dict[str, Any], key: str, value: Any) -> list[str]:
    """Put a value at a dotted key of the tree; what is wrong with that. `backbone` alone is its name (`backbone=DIR`)."""
    *parents, last = ("backbone", "name") if key == "backbone" else key.split(".")
    for part in parents:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            return [f"{key}: {part!r} is a value, not a section"]
    tree[last] = value
    return []
