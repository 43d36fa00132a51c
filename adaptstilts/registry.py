"""A registry finds declarations by where they lie: every module in its folders that binds the agreed name is an entry."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Generic, Protocol, TypeVar

from adaptstilts.errors import InputError, UnknownName
from adaptstilts.names import RULE, is_name


class Declared(Protocol):
    """What an entry must offer: the name it is called by."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Declared)


class Registry(Generic[T]):
    """The declarations of one noun.

    Each `*.py` below `folders` (names with a leading underscore aside) must bind `noun` to a `shape`; a file that does not, or
    that cannot be imported, is kept in `broken` with its error and harms no other. Folders are read at the first question.
    """

    def __init__(self, noun: str, shape: type[T], package: str, folders: tuple[str, ...]) -> None:
        self.noun, self._shape, self._package, self._folders = noun, shape, package, folders
        self._entries: dict[str, T] = {}
        self._origins: dict[str, Path] = {}
        self.broken: dict[Path, str] = {}
        self._read = False

    def include(self, path: Path) -> None:
        """Add one declaration file, or every one of a folder, from outside the package; raise InputError if it is broken."""
        self._discover()
        files = sorted(path.glob("*.py")) if path.is_dir() else [path]
        if not files or not files[0].is_file():
            raise InputError(f"no {self.noun} file here", where=str(path), do="Name a .py file or a folder of them.")
        for file in files:
            self._admit(file, f"adaptstilts_included_{self.noun}_{file.stem}")
            if file in self.broken:
                raise InputError(self.broken[file], where=str(file), do=f"See CONTRIBUTING.md, 'Add a {self.noun}'.")

    def get(self, name: str) -> T:
        """The declaration called `name`, or UnknownName with the nearest names and any broken file that may have held it."""
        self._discover()
        if name not in self._entries:
            broken = "; ".join(f"{p.name}: {why}" for p, why in self.broken.items())
            raise UnknownName(self.noun, name, self._entries, do=f"Broken files: {broken}" if broken else "")
        return self._entries[name]

    def __iter__(self) -> Iterator[T]:
        self._discover()
        return iter([self._entries[name] for name in sorted(self._entries)])

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._entries

    def names(self) -> list[str]:
        self._discover()
        return sorted(self._entries)

    def origin(self, name: str) -> Path:
        """The file that declares `name`."""
        self.get(name)
        return self._origins[name]

    def _discover(self) -> None:
        if self._read:
            return
        self._read = True
        module = sys.modules[self._package]
        home = Path(next(iter(module.__path__)))
        for folder in self._folders:
            for file in sorted((home / folder).glob("*.py")):
                if not file.name.startswith("_"):
                    self._admit(file, f"{self._package}.{folder}.{file.stem}")

    def _admit(self, file: Path, module_name: str) -> None:
        self.broken.pop(file, None)
        try:
            entry = self._entry(_import(file, module_name))
            if not is_name(entry.name):
                raise ValueError(f"{entry.name[:99]!r} can be no name; one has {RULE}")
            if entry.name in self._entries and self._origins[entry.name] != file:
                raise ValueError(f"{entry.name!r} is already declared in {self._origins[entry.name]}")
        except Exception as error:  # a stranger's file may raise anything; it is reported, never swallowed
            self.broken[file] = f"{type(error).__name__}: {error}"
            return
        self._entries[entry.name], self._origins[entry.name] = entry, file

    def _entry(self, module: ModuleType) -> T:
        entry = getattr(module, self.noun, None)
        if not isinstance(entry, self._shape):
            raise TypeError(f"the file does not bind `{self.noun}` to a {self._shape.__name__}")
        return entry


def _import(file: Path, name: str) -> ModuleType:
    if not name.startswith("adaptstilts_included_"):
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their annotations up there
    spec.loader.exec_module(module)
    return module
