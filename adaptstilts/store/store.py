"""The store: a folder per step, finished when `record.json` stands in it, and not a moment before."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from adaptstilts import ids
from adaptstilts.bounds import read_bytes
from adaptstilts.errors import CorruptArtefact, redact
from adaptstilts.files import as_created, json_text, on_disk, replacing, writing
from adaptstilts.listeners import Speaker
from adaptstilts.locks import free, held
from adaptstilts.store import chain

if TYPE_CHECKING:
    from adaptstilts.store.records.outline import Outline
    from adaptstilts.store.records.record import AdapterRecord, Record, ScoreRecord, TransferRecord

log = Speaker(__name__)

RECORD, PLANNED, ERROR, LOG, LOCK = chain.RECORD, "planned.json", "error.txt", "log.txt", "lock"
ENCODINGS, LOWEST = "encodings", "lowest"
"""Folders beside the steps: encoded rows, and outputs of the layers below all adapters. Both are made again where they are missing."""

BARE = "bare"
"""Stands beside a record whose weights are elsewhere: pooled from another store, or removed to save space."""

PREDICTIONS = "predictions.parquet"

MADE = ("adapter/adapter.safetensors", "encoder/model.safetensors", "bundle/bundle.json", PREDICTIONS)
"""Every step leaves one of these beside its record: without any, what it made is gone."""

State = Literal["done", "failed", "running", "waiting"]


class Store:
    """Steps on disk below `root`.

    `steps/<key>/` holds what the step made, `planned.json` from when a run planned it, `log.txt` with what it said,
    `error.txt` after a failure, and `record.json`, which arrives last by atomic rename. There is no other index: what a
    reader sees is what there is. The journal (`store.chain`) says in which order it came.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.steps = root / "steps"

    def folder(self, key: str) -> Path:
        return self.steps / key

    def done(self, key: str) -> bool:
        return (self.folder(key) / RECORD).is_file()

    def bare(self, key: str) -> bool:
        """Whether the step is done but what it made is not here, whoever removed it; it is done again when another step needs it."""
        folder = self.folder(key)
        return self.done(key) and ((folder / BARE).is_file() or not any((folder / name).is_file() for name in MADE))

    def whole(self, key: str) -> bool:
        """Whether the step is done and what it made is here."""
        return self.done(key) and not self.bare(key)

    def running(self, key: str) -> bool:
        """Whether a process, here or on another machine with this file system, holds the step now."""
        if not (self.folder(key) / LOCK).is_file():
            return False
        try:
            with self.free(key) as mine:
                return not mine
        except OSError:  # a store that may only be read: whoever runs there holds other locks
            return False

    def state(self, key: str) -> State:
        """done: it has a record; running: its lock is held; failed: it has an error; else it waits."""
        if self.done(key):
            return "done"
        if self.running(key):
            return "running"
        return "failed" if (self.folder(key) / ERROR).is_file() else "waiting"

    def known(self) -> list[str]:
        """The keys of all steps that have a folder, done or not."""
        return sorted(path.name for path in self.steps.iterdir() if path.is_dir()) if self.steps.is_dir() else []

    def outline(self, key: str) -> Outline | None:
        """What is known of a step that may not be done: its record, or what its planning left; None if there is neither."""
        from adaptstilts.store.records.outline import read_outline

        for name in (RECORD, PLANNED):
            with contextlib.suppress(OSError, ValueError):
                return read_outline(read_bytes(self.folder(key) / name))
        return None

    def lineage(self, keys: Iterable[str]) -> dict[str, Outline | None]:
        """What is known of these steps and of everything that they build on, as far as it was ever planned."""
        found, todo = dict[str, "Outline | None"](), list(keys)
        while todo:
            key = todo.pop()
            if key not in found:
                found[key] = outline = self.outline(key)
                todo += outline.upstream if outline else ()
        return found

    def described(self, key: str) -> bool:
        """Whether it is known here what the step is: it is done, or planned."""
        return self.done(key) or (self.folder(key) / PLANNED).is_file()

    def free(self, key: str) -> AbstractContextManager[bool]:
        """Hold the step if nobody else does, until the block ends; whether that is so."""
        return free(self.folder(key) / LOCK)

    def record(self, key: str) -> Record:
        """The finished step's record; CorruptArtefact if the file does not read back."""
        from adaptstilts.store.records.record import read_record

        path = self.folder(key) / RECORD
        try:
            record = read_record(read_bytes(path))
            if record.key != key:
                raise ValueError("it is another step's")
        except FileNotFoundError as error:
            do = "Run the command that makes it, or put the step's folder back."
            raise CorruptArtefact("there is no record of this step", where=str(path), do=do) from error
        except ValueError as error:
            advice = f"Remove the folder {path.parent} and run the same command again: only this step is redone."
            raise CorruptArtefact(f"not a readable record ({error})", where=str(path), do=advice) from error
        return record

    def adapter(self, key: str) -> AdapterRecord:
        """The record of a finished step that trained an adapter; CorruptArtefact for any other, and as `record`."""
        record = self.record(key)
        return record if record.step == "adapter" else _other(record, "adapter")

    def transfer(self, key: str) -> TransferRecord:
        """The record of a finished transfer; CorruptArtefact for any other, and as `record`."""
        record = self.record(key)
        return record if record.step == "transfer" else _other(record, "transfer")

    def score(self, key: str) -> ScoreRecord:
        """The record of a finished score; CorruptArtefact for any other, and as `record`."""
        record = self.record(key)
        return record if record.step == "score" else _other(record, "score")

    def by_time(self) -> list[str]:
        """The keys of finished steps, by time of finishing."""
        found = self.steps.glob(f"*/{RECORD}") if self.steps.is_dir() else ()
        return [path.parent.name for path in sorted(found, key=lambda p: (p.stat().st_mtime, p.parent.name))]

    def records(self, problems: list[str] | None = None) -> Iterator[Record]:
        """Every finished step's record, by time of finishing; unreadable ones are told in `problems`, or raised without it."""
        for key in self.by_time():
            try:
                yield self.record(key)
            except CorruptArtefact as error:
                if problems is None:
                    raise
                problems.append(str(error))

    @contextlib.contextmanager
    def claim(self, key: str, *, wait: bool = True) -> Iterator[Path]:
        """The step's folder, held against every other process until the block ends, or this one does.

        While another process holds it this one waits, or raises Busy where it shall not.
        """
        folder = self.folder(key)
        with contextlib.ExitStack() as stack:
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(held(folder / LOCK, f"step {key}", wait=wait))
            yield folder

    def finish(self, key: str, record: Record) -> None:
        """Write the record whole; the step is done from this moment on. One that was only bare keeps its record, if that still fits.

        The journal tells of the record before it takes its place; `recover` completes what a kill left between the two.
        """
        folder = self.folder(key)
        if not self.done(key) or not self._fits(key, record):
            if not folder.is_dir():  # writing would make it anew, without what the step made
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
            as_created(folder)
            with replacing(folder / RECORD) as beside:
                beside.write_text(json_text(record.plain()), encoding="utf-8")
                on_disk(beside)
                chain.append(self.root, "step", key=key, step=record.step, record=ids.read_digest(beside))
        self._settle(key)

    def recover(self, key: str) -> None:
        """Put a record in its place that a kill left beside it, where the journal tells of that very record."""
        left = [path for path in self.folder(key).glob(f".{RECORD}.*") if not self.done(key)]
        told = chain.own_chain(self.root).records.get(key) if left else None
        for path in left:
            if ids.read_digest(path) == told:
                path.replace(self.folder(key) / RECORD)
                self._settle(key)
            else:  # of a kill before that
                path.unlink()

    def _fits(self, key: str, record: Record) -> bool:
        """Whether the record that stands there can stay: made again elsewhere, predictions may differ in their last digits."""
        if record.step != "score":
            return True
        try:
            return self.score(key).predictions in (None, record.predictions)
        except CorruptArtefact:
            return False

    def _settle(self, key: str) -> None:
        """Remove what marks a step as not whole."""
        for name in (BARE, ERROR):
            (self.folder(key) / name).unlink(missing_ok=True)

    def fail(self, key: str, error: str) -> None:
        """Keep why a step failed beside whatever it had made."""
        with contextlib.suppress(OSError):
            self.folder(key).mkdir(parents=True, exist_ok=True)
            (self.folder(key) / ERROR).write_text(redact(error), encoding="utf-8")

    def error(self, key: str) -> str | None:
        """Why a step that is still to be done failed: what `fail` kept; None if it did not."""
        if self.whole(key):
            return None
        try:
            return (self.folder(key) / ERROR).read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def forgive(self, key: str) -> None:
        """Forget that a step failed."""
        path = self.folder(key) / ERROR
        with writing(path):
            path.unlink(missing_ok=True)


def _other(record: Record, kind: str) -> NoReturn:
    raise CorruptArtefact(f"{record.title} is no {kind}", where=f"step {record.key}")


def last_line(error: str) -> str:
    """What was wrong, in one line of a kept error: the one that names it, without the modules that its class lies in."""
    told = [line.strip() for line in error.splitlines() if line.strip() and not line.startswith(" ")]
    return re.sub(r"^(?:\w+\.)+(?=\w+: )", "", told[-1]) if told else "failed"


def told_records(store: Store) -> Iterator[Record]:
    """Every finished step's record that reads back; of the others whoever listens is told, with their count."""
    problems: list[str] = []
    yield from store.records(problems)
    for problem in problems:
        log.warning(problem)
    if problems:
        log.warning(f"left out: {len(problems):,} record(s) that do not read back")


def load_records(store: Path | str = "runs") -> list[dict[str, Any]]:
    """Every finished step's record of a store, by time of finishing; CorruptArtefact for one that does not read back."""
    return [record.plain() for record in Store(Path(store)).records()]
