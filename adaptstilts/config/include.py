"""Declarations from outside the package: a file says by the name it binds which registry it belongs to."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from adaptstilts.attacks import ATTACKS
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import InputError
from adaptstilts.files import read_text
from adaptstilts.registry import Registry
from adaptstilts.tasks import GROUPS, TASKS

REGISTRIES: tuple[Registry[Any], ...] = (TASKS, GROUPS, ATTACKS, COMPOSITIONS)

INCLUDED: list[Path] = []
"""What was let in, in order, so that a process that this one starts can be told."""


def include(path: Path | str) -> None:
    """Let the declaration file at `path`, or every one in that folder, into the registry of what it declares.

    Raises InputError for a path without Python files, and for a file that is broken or declares nothing.
    """
    path = Path(path)
    files = [p for p in sorted(path.glob("*.py")) if not p.name.startswith("_")] if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise InputError("no declaration file here", where=str(path), do="Name a .py file or a folder of them.")
    for file in files:
        bound = _bound(file)
        nouns = [registry for registry in REGISTRIES if registry.noun in bound]
        if not nouns:
            names = ", ".join(f"`{registry.noun}`" for registry in REGISTRIES)
            raise InputError(f"the file binds none of {names}", where=str(file), do="See CONTRIBUTING.md.")
        for registry in nouns:
            registry.include(file)
        INCLUDED.append(file.absolute())


def _bound(file: Path) -> set[str]:
    """The names that a file assigns at its top level."""
    try:
        tree = ast.parse(read_text(file))
    except (SyntaxError, ValueError) as error:
        raise InputError(f"not a Python file ({error})", where=str(file)) from error
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
