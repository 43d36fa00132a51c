"""The adapter zoo: files by digest, and an index that any tool can read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact, UnknownName
from adaptstilts.experiments.store import write_json, writing
from adaptstilts.places import shipped

SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """One adapter on the shelf: what it is, and the key of the step that made it."""

    name: str
    digest: str
    task: str
    backbone: str
    step: str
    origin: str
    licence: str
    trainable: int
    scores: dict[str, float] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)


class Zoo:
    """Adapters below `root`: `index.json` lists them, `files/<digest>/` holds each in the format of `adapters`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries())

    def made_by(self, step: str) -> Entry | None:
        """The entry that this very step made, if there is one."""
        return next((entry for entry in self._entries() if entry.step == step), None)

    def get(self, digest: str) -> Entry:
        entries = {entry.digest: entry for entry in self._entries()}
        if digest not in entries:
            raise UnknownName("adapter in the zoo", digest, entries, where=str(self.root))
        return entries[digest]

    def files(self, digest: str) -> Path:
        """The folder of an adapter, after checking that its bytes are what its digest says; CorruptArtefact if not."""
        folder = self.root / "files" / digest
        found = ids.files_digest(sorted(folder.iterdir())) if folder.is_dir() else "nothing"
        if found != digest:
            raise CorruptArtefact(
                f"the files of this adapter are damaged (digest {found})",
                where=str(folder),
                do="Restore the folder from the distribution, or train it anew with --retrain.",
            )
        return folder

    def add(self, entry: Entry, source: Path) -> None:
        """Put an adapter's files on the shelf and in the index, replacing an entry of the same name. Safe beside others."""
        import filelock

        with writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.root / ".lock"):
                self._place(source, entry.digest)
                kept = [old for old in self._entries() if old.name != entry.name]
                self._write(sorted([*kept, entry], key=lambda e: e.name))

    def prune(self) -> None:
        """Remove the files of adapters that are no longer in the index."""
        used = {entry.digest for entry in self._entries()}
        for folder in (self.root / "files").iterdir():
            if folder.is_dir() and folder.name not in used:
                shutil.rmtree(folder)

    def _place(self, source: Path, digest: str) -> None:
        final = self.root / "files" / digest
        if final.is_dir():
            return
        scratch = final.with_name(f".{digest}")
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(source, scratch)
        scratch.rename(final)

    def _entries(self) -> list[Entry]:
        path = self.root / "index.json"
        if not path.is_file():
            return []
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
            return [Entry(**entry) for entry in index["adapters"]]
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptArtefact(f"the zoo's index does not read back ({error})", where=str(path)) from error

    def _write(self, entries: list[Entry]) -> None:
        write_json(self.root / "index.json", {"schema": SCHEMA, "adapters": [asdict(entry) for entry in entries]})


def shipped_zoo() -> Zoo:
    """The adapters that travel with the package."""
    return Zoo(shipped("adapter_zoo"))
