"""Engines by name: `configs/engines/<name>.yaml` says which module of this room runs the steps, and with what settings."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptstilts.config.build import build
from adaptstilts.config.tree import read_tree
from adaptstilts.config.typed import put_text
from adaptstilts.errors import InputError, UnknownName
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
    shelf = engines()
    path = shelf.get(name) or Path(name)
    if name not in shelf and not (path.suffix in {".yaml", ".yml"} and path.is_file()):
        raise UnknownName("engine", name, shelf, do="Name one of these, or a YAML file of settings.")
    tree = {**read_tree(path), **(options or {})}
    if tree.get("engine") not in MODULES:
        raise UnknownName("engine", str(tree.get("engine")), MODULES, where=f"{path}: engine")
    module = importlib.import_module(f"adaptstilts.launch.{tree['engine']}")
    return module, build(module.Settings, tree, f"engine {name!r}")


def options_of(texts: tuple[str, ...]) -> dict[str, Any]:
    """`key=value` texts, whose values are YAML, as settings of an engine; a key with a dot is inside a section. InputError."""
    found: dict[str, Any] = {}
    for problem in (problem for text in texts for problem in put_text(found, text)):
        raise InputError(problem, where="--option")
    return found
