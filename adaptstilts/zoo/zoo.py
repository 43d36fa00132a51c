"""The adapter zoo: files by digest, and an index that any tool can read; several zoos read as one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from adaptstilts import ids
from adaptstilts.bounds import read_json
from adaptstilts.errors import CorruptArtefact, InputError, Refused, UnknownName
from adaptstilts.files import as_created, writing
from adaptstilts.locks import held
from adaptstilts.places import shipped
from adaptstilts.zoo.index import DIGEST, check_entry, read_index, write_index
from adaptstilts.zoo.index import Entry as Entry

VARIABLE = "ADAPTSTILTS_ZOO"
"""The environment variable that names the user's zoo."""

DAY = 86400.0

LOCK = ".lock"

CARDS = "cards"
"""Pages about the adapters of a zoo, by name; nothing reads them back."""

WEIGHTS, CONFIG = "adapter.safetensors", "adapter_config.json"
_TAKEN = (".safetensors", ".json", ".md", ".txt")
"""What an adapter's folder may hold; pickles are no part of it."""


class Zoo:
    """Adapters below `root`: `index.json` lists them, `files/<digest>/` holds each in the format of `adapters`.

    Whoever changes it holds a lock; whoever reads needs none, for the index changes by atomic rename alone, after an
    adapter's files have come and before they go. What a kill leaves behind is named by `leftovers` and goes with the next change.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def roots(self) -> tuple[Path, ...]:
        return (self.root,)

    def __iter__(self) -> Iterator[Entry]:
        return iter(read_index(self.root).adapters)

    def made_by(self, step: str) -> Entry | None:
        """The entry that this very step made, if there is one."""
        return next((entry for entry in self if step and entry.step == step), None)

    def named(self, name: str) -> Entry:
        """The entry of this name; UnknownName with the nearest ones."""
        entries = {entry.name: entry for entry in self}
        if name not in entries:
            raise UnknownName("adapter in the zoo", name, entries, where=str(self.root))
        return entries[name]

    def get(self, digest: str) -> Entry:
        """The first entry with these files; UnknownName."""
        entries = {entry.digest: entry for entry in reversed(list(self))}
        if digest not in entries:
            raise UnknownName("adapter in the zoo", digest, entries, where=str(self.root))
        return entries[digest]

    def files(self, digest: str) -> Path:
        """The folder of an adapter, after checking that its bytes are what its digest says; CorruptArtefact if not."""
        folder = self.root / "files" / digest
        found = _digest(folder)
        if found != digest:
            raise CorruptArtefact(
                f"the files of this adapter are damaged (digest {found})",
                where=str(folder),
                do="Restore the folder from where it came, or train it anew with --retrain.",
            )
        return folder

    def add(self, entry: Entry, source: Path) -> Entry:
        """Put the adapter in the folder `source` on the shelf, in place of any of the same name; safe beside other processes.

        The entry as it is in the index now comes back: its `config` is read from the folder. Raises InputError for an entry that
        no index may hold, Refused for a folder that is no adapter or holds other things, CorruptArtefact where the copy
        is not what the entry's digest says; the zoo is then as it was.
        """
        entry = dataclasses.replace(entry, config=_config(source))
        check_entry(entry)
        with self._changing():
            index = read_index(self.root)
            self._place(source, entry.digest)
            write_index(self.root, index.of([*(old for old in index.adapters if old.name != entry.name), entry]))
            self._clean()
        return entry

    def remove(self, name: str) -> Entry:
        """Take an adapter out of the index, and its files where no other name has the same; UnknownName. Safe as `add` is."""
        with self._changing():
            entry = self.named(name)
            index = read_index(self.root)
            write_index(self.root, index.of([old for old in index.adapters if old.name != name]))
            self._clean()
        return entry

    def prune(self) -> list[Path]:
        """Remove what no entry names, and tell what it was."""
        with self._changing():
            return self._clean()

    def leftovers(self) -> list[Path]:
        """What no entry names, left by a process that was stopped: adapters' folders and scratch files of ours.

        Folders in which arrivals are looked at (`.arriving-…`) are in nobody's way, and belong to it only when a day old.
        """
        used = {entry.digest for entry in self}
        folders = sorted((self.root / "files").glob("*"))
        found = [p for p in folders if DIGEST.fullmatch(p.name.removeprefix(".")) and p.name not in used]
        stale = [path for path in sorted(self.root.glob(".arriving-*")) if path.stat().st_mtime < time.time() - DAY]
        return [*found, *sorted(self.root.glob(".index.json.*")), *stale]

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Nobody changes the zoo within, as far as it can be held: one that was never changed here has no lock, and needs none."""
        path = self.root / LOCK
        with self._held() if os.access(path, os.W_OK) else contextlib.nullcontext():
            yield

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with self._held():
                yield

    def _held(self) -> contextlib.AbstractContextManager[None]:
        return held(self.root / LOCK, f"the zoo in {self.root}")

    def _clean(self) -> list[Path]:
        """Under the lock nobody else is at work: whatever is left over may go."""
        gone = self.leftovers()
        for path in gone:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        return gone

    def _place(self, source: Path, digest: str) -> None:
        """Copy the files to their place; damaged ones that are there already are replaced."""
        final = self.root / "files" / digest
        if _digest(final) == digest:
            return
        scratch = final.with_name(f".{digest}")
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(source, scratch)
        as_created(scratch)
        found = _digest(scratch)
        if found != digest:
            shutil.rmtree(scratch)
            what = f"these files have the digest {found}, the entry says {digest}"
            raise CorruptArtefact(what, where=str(source), do="Fetch or make the adapter again.")
        if final.is_dir():
            shutil.rmtree(final)
        scratch.rename(final)


class Zoos:
    """Several zoos read as one, in order; what is added goes to the last of them, which is the user's own."""

    def __init__(self, *zoos: Zoo) -> None:
        self.zoos = zoos

    @property
    def own(self) -> Zoo:
        """The zoo that is written to."""
        return self.zoos[-1]

    @property
    def root(self) -> Path:
        """Where the user's own zoo lies."""
        return self.own.root

    @property
    def roots(self) -> tuple[Path, ...]:
        return tuple(zoo.root for zoo in self.zoos)

    def __iter__(self) -> Iterator[Entry]:
        return (entry for zoo in self.zoos for entry in zoo)

    def made_by(self, step: str) -> Entry | None:
        """The first entry that this very step made, if there is one."""
        return next((entry for zoo in self.zoos if (entry := zoo.made_by(step))), None)

    def named(self, name: str) -> Entry:
        """The first entry of this name; UnknownName with the nearest ones."""
        return self._holder(name, "name").named(name)

    def get(self, digest: str) -> Entry:
        """The first entry with these files; UnknownName."""
        return self._holder(digest, "digest").get(digest)

    def files(self, digest: str) -> Path:
        """The folder of an adapter, its bytes checked; UnknownName, CorruptArtefact."""
        return self._holder(digest, "digest").files(digest)

    def add(self, entry: Entry, source: Path) -> Entry:
        """Add to the user's own zoo, as `Zoo.add`; InputError for a name that stands for another adapter in a zoo before it."""
        for zoo in self.zoos[:-1]:
            if any(old.name == entry.name and old.digest != entry.digest for old in zoo):
                do = "Choose another name with --as."
                raise InputError("another adapter has this name already", where=f"{entry.name} in {zoo.root}", do=do)
        return self.own.add(entry, source)

    def _holder(self, value: str, attribute: str) -> Zoo:
        """The first zoo with an entry of this name or digest; UnknownName."""
        known: list[str] = []
        for zoo in self.zoos:
            found = [getattr(entry, attribute) for entry in zoo]
            if value in found:
                return zoo
            known += found
        raise UnknownName("adapter in the zoo", value, known, where=", ".join(map(str, self.roots)))


def shipped_zoo() -> Zoo:
    """The adapters that travel with the package."""
    return Zoo(shipped("adapter_zoo"))


def user_zoo(out: Path) -> Zoo:
    """The user's own zoo: where `ADAPTSTILTS_ZOO` says, else the folder `zoo` in the store `out`."""
    return Zoo(Path(os.environ[VARIABLE]).expanduser() if os.environ.get(VARIABLE) else out / "zoo")


def zoos(out: Path) -> Zoos:
    """The shipped zoo, which is read only, and after it the user's own."""
    return open_zoos((shipped_zoo().root, user_zoo(out).root))


def open_zoos(roots: Iterable[Path]) -> Zoos:
    """The zoos below these folders, each once, as one."""
    return Zoos(*map(Zoo, {root.resolve(): root for root in roots}.values()))


def _digest(folder: Path) -> str:
    """The digest of a folder of plain files; what is there instead, in a word, where it is none."""
    if not folder.is_dir():
        return "nothing"
    files = sorted(folder.iterdir())
    return ids.files_digest(files) if all(path.is_file() for path in files) else "unknown, for a folder lies among them"


def _config(source: Path) -> dict[str, object]:
    """The adapter's architecture as its folder tells it; Refused for a folder that holds no adapter, or more than one."""
    do = "Name a folder that `adapters` saved as safetensors."
    if not source.is_dir():
        raise Refused("this is no folder", where=str(source), do=do)
    strange = sorted(path.name for path in source.iterdir() if path.suffix not in _TAKEN or not path.is_file())
    missing = [name for name in (WEIGHTS, CONFIG) if not (source / name).is_file()]
    if strange or missing:
        what = [f"no {', '.join(missing)}"] * bool(missing) + [f"{', '.join(strange[:5])} beside it"] * bool(strange)
        raise Refused(f"this is no adapter's folder: {'; '.join(what)}", where=str(source), do=do)
    try:
        found = read_json(source / CONFIG)["config"]
        return dict(found)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"its {CONFIG} does not read ({error!r})", where=str(source), do=do) from error
