"""Engines by name: `configs/engines/<name>.yaml` says which module of this room runs the steps, and with what settings."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from adaptstilts.errors import ConfigError, InputError, UnknownName
from adaptstilts.places import shipped

MODULES = ("inline", "processes", "ray", "slurm")
"""The modules of this room that have `Settings` and `launch`."""


def engines() -> dict[str, Path]:
    """The files of the engines' settings that travel with the package, by name."""
    return {path.stem: path for path in sorted((shipped("configs") / "engines").glob("*.yaml"))}


def engine_named(name: str, options: Mapping[str, Any] | None = None) -> tuple[Any, Any]:
    """The module of an engine and its settings: those of the file of this name, or at this path, with `options` laid over.

    Raises UnknownName for a name that is neither, ConfigError for a setting that the engine does not have or a wrong value.
    """
    import pydantic

    shelf = engines()
    path = shelf.get(name) or Path(name)
    if name not in shelf and not (path.suffix in {".yaml", ".yml"} and path.is_file()):
        raise UnknownName("engine", name, shelf, do="Name one of these, or a YAML file of settings.")
    tree = {**_read(path), **(options or {})}
    if tree.get("engine") not in MODULES:
        raise UnknownName("engine", str(tree.get("engine")), MODULES, where=f"{path}: engine")
    module = importlib.import_module(f"adaptstilts.launch.{tree['engine']}")
    try:
        settings = pydantic.TypeAdapter(module.Settings).validate_python(tree)
    except pydantic.ValidationError as error:
        problems = [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]
        raise ConfigError(f"engine {name!r}", problems) from error
    if small := list(_too_small(settings)):
        raise ConfigError(f"engine {name!r}", small)
    return module, settings


def _too_small(settings: Any, path: str = "") -> Iterator[str]:
    """What is below the `least` that settings, and the settings in them, say of themselves, a sentence each."""
    for field in dataclasses.fields(settings):
        value, where = getattr(settings, field.name), f"{path}{field.name}"
        least = settings.least.get(field.name)
        if least is not None and value is not None and value < least:
            yield f"{where}: must be at least {least:g} (got {value})"
        inner = value.items() if isinstance(value, Mapping) else [("", value)]
        for name, one in inner:
            if dataclasses.is_dataclass(one):
                yield from _too_small(one, f"{where}.{name}." if name else f"{where}.")


def options_of(texts: tuple[str, ...]) -> dict[str, Any]:
    """`key=value` texts, whose values are YAML, as settings of an engine; a key with a dot is inside a section. InputError."""
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, raw = text.partition("=")
        if not equals or not key:
            raise InputError(f"{text!r} is not key=value", where="--option")
        node = found
        *parents, last = key.split(".")
        for part in parents:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise InputError(f"{text!r}: {part!r} is a value, not a section", where="--option")
        try:
            node[last] = yaml.safe_load(raw) if raw else None
        except yaml.YAMLError as error:
            raise InputError(f"{text!r}: {raw!r} is not YAML", where="--option") from error
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"not YAML: {error}"]) from error
    if not isinstance(tree, dict):
        raise ConfigError(str(path), ["the file must hold a mapping of settings"])
    return tree
