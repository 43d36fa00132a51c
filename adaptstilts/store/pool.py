"""Stores pooled between labs: records, predictions and manifests in one file, without weights (and texts), and back again."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.bounds import JSON_BYTES, STORE_BYTES, read_bytes, read_json
from adaptstilts.errors import CorruptArtefact, InputError, Refused
from adaptstilts.files import replacing
from adaptstilts.names import RULE, is_name
from adaptstilts.store import chain
from adaptstilts.store.journal import FILE as JOURNAL
from adaptstilts.store.journal import check_journal
from adaptstilts.store.manifest import read_manifest
from adaptstilts.store.predictions import check_predictions, lacks_texts, only_with_texts, without_texts
from adaptstilts.store.records.record import Record, read_record
from adaptstilts.store.registration import FILE as PLAN
from adaptstilts.store.registration import registered
from adaptstilts.store.runs import transfer_named
from adaptstilts.store.scratch import scratch
from adaptstilts.store.store import BARE, ERROR, PREDICTIONS, RECORD, Store
from adaptstilts.store.unpacking import Unpacked, pack, unpack

SCHEMA = 1
CONTENTS = "store.json"
"""The first member: what the file is, how many records it holds, and the digest of each other member."""

BESIDE = {PREDICTIONS: check_predictions, JOURNAL: check_journal}
"""What is pooled of a step beside its record; the texts of an attack's rows only with all texts."""

OWN = ("cost", "provenance", "predictions")
"""What two records of one key may differ in: when, where and by whom it was done, and the bytes that predictions took."""

MOST = 1 << 30
"""Bytes of predictions, or of what an attack did to the rows of a score."""

_STEP = re.compile(r"steps/([0-9a-f]{16})/([a-z]+\.[a-z]+)")
_WHOLE = re.compile(
    r"sweeps/[\w.-]{1,100}\.json|preregistration\.json|journal\.jsonl|journals/[0-9a-f]{64}\.jsonl", re.ASCII
)


@dataclass(frozen=True)
class Pooled:
    """What an import did: keys of records that are new, how many were there before, and files of the whole store."""

    new: tuple[str, ...]
    known: int
    files: tuple[str, ...]


def pool(
    store: Store, file: Path, runs: Sequence[str] = (), problems: list[str] | None = None, *, texts: bool = False
) -> int:
    """Write the store's records (of `runs`, finished transfers, and all that belongs to them; else all) to a `.tar.gz` or `.zip`.

    The store's journal goes with them; texts and gold answers, which have licences of their own, only with `texts`. Atomic: the file
    is there whole or not at all. How many records; InputError for another ending or an empty store, CorruptArtefact where the journal
    is broken, or a record is not the one that it tells of. Records that do not read back are told in `problems` and left out, or
    raised without it.
    """
    readable = {record.key: record for record in store.records(problems)}
    keys = _of_runs(store, runs, readable) if runs else sorted(readable)
    if not keys:
        raise InputError("the store has no records", where=str(store.root), do="Name another store with --out.")
    if changed := chain.changed(store.root, keys):
        do = "Remove the folder and run the same command again: only this step is redone."
        raise CorruptArtefact("the record was changed since", where=str(store.folder(changed[0])), do=do)
    chain.check_whole(store.root)
    beside = BESIDE if texts else (PREDICTIONS,)
    paths = [path for key in keys for name in (RECORD, *beside) if (path := store.folder(key) / name).is_file()]
    paths += chain.files(store.root)
    if not runs:
        whole = (*sorted((store.root / "sweeps").glob("[!.]*.json")), store.root / "preregistration.json")
        paths += [path for path in whole if path.is_file()]
    members = {path.relative_to(store.root).as_posix(): path for path in paths}
    with replacing(file) as target, tempfile.TemporaryDirectory() as folder:
        members |= {} if texts else _bared(members, readable, Path(folder), problems)
        digests = {name: ids.file_digest(path) for name, path in members.items()}
        pack(file, target, members, CONTENTS, {"schema": SCHEMA, "records": len(keys), "files": digests})
    return len(keys)


def _bared(
    members: Mapping[str, Path], records: Mapping[str, Record], folder: Path, problems: list[str] | None
) -> dict[str, Path]:
    """The members that are predictions, without texts; how many do not fit their records so is told."""
    found = {name: without_texts(path, folder / name) for name, path in members.items() if path.name == PREDICTIONS}
    told = {f"steps/{each.key}/{PREDICTIONS}": each.predictions for each in records.values() if each.step == "score"}
    bound = only_with_texts({name: told.get(name) for name in found}, members, found)
    if bound and problems is not None:
        what = (
            f"{bound} scores of earlier versions fit their records with texts only: without, `report` leaves them out"
        )
        problems.append(f"{what}. --texts brings these")
    return found


def take_in(store: Store, file: Path) -> Pooled:
    """Add the records of a pooled file to the store, all or none; steps come without weights and are marked so.

    Its journal is kept beside the store's own, which tells of the import. Raises Refused for a file that is not what `pool` writes
    (damaged or cut off, other members, links, paths that lead out, more than the bounds of `unpacking`, records, predictions,
    manifests and plans that are none, a journal that is broken or tells of other records), InputError where a record, manifest or
    preregistration contradicts the store's own: records of one key may differ in cost and provenance only, and then the store's
    own stays.
    """
    with scratch(store.root) as folder:
        unpacked = unpack(file, lambda name: _place(folder, name, file))
        arrived, problems, bare = Store(folder), list[str](), dict[str, bool]()
        contents = _contents(folder, file)
        for key in arrived.known():
            record = _checked(arrived, key, file)
            path = arrived.folder(key) / PREDICTIONS
            bare[key] = record.step != "score" or (record.attack is not None and lacks_texts(path))
            problems += _conflicts(store, record)
        whole = _whole_files(folder, file)
        _check_chains(folder, bare, file)
        _check_counts(contents, unpacked, len(bare), file)
        problems += _other_files(store.root, folder, whole)
        if problems:
            lines = "".join(f"\n  - {problem}" for problem in problems)
            do = "Import into a store of its own (--out), or find out which of the two is right."
            raise InputError(f"the file contradicts the store; nothing was taken in{lines}", where=str(file), do=do)
        _journals(arrived, store, [key for key in bare if not store.done(key)])
        new = tuple(key for key in bare if _moved(arrived, store, key, bare=bare[key]))
        files = tuple(str(path) for path in whole if _placed(folder / path, store.root / path))
    return Pooled(new, len(bare) - len(new), files)


def _of_runs(store: Store, runs: Sequence[str], records: Mapping[str, Record]) -> list[str]:
    """The transfers named, their scores, and everything that these build on, as far as it is done."""
    wanted = {transfer_named(store, run).key for run in runs}
    wanted |= {record.key for record in records.values() if record.step == "score" and record.spec.transfer in wanted}
    todo = [key for key in wanted if key in records]
    while todo:
        new = [need for need in records[todo.pop()].upstream if need not in wanted]
        wanted |= {*new}
        todo += [need for need in new if need in records]
    return sorted(key for key in wanted if key in records)


def _place(folder: Path, name: str, file: Path) -> tuple[Path, int]:
    """Where a member goes and the most bytes that it may have; Refused for one that does not belong into a pooled store."""
    step = _STEP.fullmatch(name)
    if name == CONTENTS or _WHOLE.fullmatch(name):
        most = STORE_BYTES
    elif step and step[2] in (RECORD, *BESIDE):
        most = JSON_BYTES if step[2] == RECORD else MOST
    else:
        raise Refused(f"{name!r} does not belong into a pooled store", where=str(file), do="Nothing was taken in.")
    return folder / name, most


def _contents(folder: Path, file: Path) -> Mapping[str, Any]:
    """What the file says of itself; Refused without that."""
    try:
        told = read_json(folder / CONTENTS, STORE_BYTES)
        if told["schema"] != SCHEMA or type(told["records"]) is not int or not isinstance(told.get("files", {}), dict):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"not a pooled store of schema {SCHEMA}"
        raise Refused(what, where=str(file), do="Make one with `adaptstilts export --records FILE`.") from error
    return dict(told)


def _check_counts(contents: Mapping[str, Any], unpacked: Unpacked, records: int, file: Path) -> None:
    """Refused unless all is there that the file says it holds, and nothing else."""
    digests = {name: digest for name, digest in unpacked.digests.items() if name != CONTENTS}
    files = contents.get("files", digests)
    wrong = sorted(name for name in {*files, *digests} if files.get(name) != digests.get(name))
    if contents["records"] != records:
        what = f"it says that it holds {contents['records']} records, and holds {records}"
    elif wrong:
        what = f"{wrong[0]!r} is not what the file says that it holds"
    elif not unpacked.ended:
        what = "the archive has no end, or more behind it"
    else:
        return
    raise Refused(f"damaged: {what}", where=str(file), do="Nothing was taken in; ask for the file again.")


def _checked(arrived: Store, key: str, file: Path) -> Record:
    """The record of a step that arrived; Refused if it, or a file beside it, is none, or its key is not its spec's."""
    folder = arrived.folder(key)
    try:
        record = read_record(read_bytes(folder / RECORD))
        if record.key != key:
            raise ValueError("it is another step's")
        if ids.digest(record.spec.plain()) != key:
            raise ValueError("its key is not the digest of its spec")
    except (OSError, ValueError) as error:
        raise _refused(f"not a record ({error})", file, f"steps/{key}/{RECORD}") from error
    for name, check in BESIDE.items():
        if (folder / name).is_file():
            try:
                check(folder / name)
            except (CorruptArtefact, ValueError) as error:
                what = error.what if isinstance(error, CorruptArtefact) else str(error)
                raise _refused(what, file, f"steps/{key}/{name}") from error
    return record


def _refused(what: str, file: Path, member: str) -> Refused:
    return Refused(what, where=f"{file}: {member}", do="Nothing was taken in.")


def _conflicts(store: Store, record: Record) -> Iterator[str]:
    if store.done(record.key):
        own, theirs = store.record(record.key).plain(), record.plain()
        fields = sorted(name for name in {*own, *theirs} - {*OWN} if not _same(own.get(name), theirs.get(name)))
        if fields:
            yield f"steps/{record.key} ({record.title}): other {', '.join(fields)}"


def _same(one: Any, other: Any) -> bool:
    """Equal, and in times too: what a training run says of its speed and memory is cost."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = {*one, *other} - {"seconds", "tokens_per_second", "peak_memory", "resumed_at"}
        return all(_same(one.get(name), other.get(name)) for name in names)
    return bool(one == other)


def _other_files(root: Path, scratch: Path, paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        mine = root / path
        if mine.is_file() and mine.read_bytes() != (scratch / path).read_bytes():
            yield f"{path.as_posix()}: the store has another of this name"


def _whole_files(folder: Path, file: Path) -> list[Path]:
    """What arrived for the store as a whole: manifests of sweeps and a preregistration; Refused for one that is none."""
    arrived, member = Store(folder), PLAN
    try:
        found = [Path(PLAN)] if registered(folder) else []
        for path in sorted((folder / "sweeps").glob("*")):
            member = f"sweeps/{path.name}"
            if not is_name(path.stem):
                raise Refused(f"{path.stem!r} is no name of a sweep: {RULE}")
            if path.stem != read_manifest(arrived, path.stem).name:
                raise Refused("it is the manifest of a sweep of another name")
            found.append(path.relative_to(folder))
    except (CorruptArtefact, Refused) as error:
        raise _refused(error.what, file, member) from error
    return found


def _check_chains(folder: Path, keys: Iterable[str], file: Path) -> None:
    """Refused unless the journals that came are whole, and tell of the records that came with them."""
    for journal in (chain.own_chain(folder), *chain.other_chains(folder)):
        if journal.broken:
            raise _refused(f"the journal is broken: {journal.broken}", file, chain.FILE)
    if changed := chain.changed(folder, keys):
        raise _refused("the record is not the one that the journal tells of", file, f"steps/{changed[0]}/{RECORD}")


def _journals(arrived: Store, store: Store, new: Sequence[str]) -> None:
    """Keep the journals that came, and tell the store's own of the records that will be taken in; before they are."""
    kept, came = store.root / chain.OTHERS, chain.own_chain(arrived.root)
    found = {path.name: path for path in chain.files(arrived.root) if path.name != chain.FILE}
    found |= {f"{came.head}.jsonl": arrived.root / chain.FILE} if came.head else {}
    known = {entry.digest for entry in chain.own_chain(store.root).entries}  # what it takes in it may have written out
    fresh = {name: path for name, path in found.items() if Path(name).stem not in known and not (kept / name).is_file()}
    if new or fresh:
        plan = registered(arrived.root)
        told = {"plan": plan.digest, "posted": plan.posted} if plan else {}
        records = {key: ids.read_digest(arrived.folder(key) / RECORD) for key in new}
        chain.append(store.root, "import", journal=came.head, records=records, **told)
    for name, path in fresh.items():
        _placed(path, kept / name)


def _moved(arrived: Store, store: Store, key: str, *, bare: bool) -> bool:
    """Take a step in unless it is there, the record last; whether it was taken."""
    with store.claim(key) as folder:
        if store.done(key):
            return False
        for name in BESIDE:
            if (arrived.folder(key) / name).is_file():
                (arrived.folder(key) / name).replace(folder / name)
        if bare:
            (folder / BARE).touch()
        (arrived.folder(key) / RECORD).replace(folder / RECORD)
        (folder / ERROR).unlink(missing_ok=True)
        return True


def _placed(source: Path, target: Path) -> bool:
    """Move a file where there is none yet; whether it was moved."""
    if not source.is_file() or target.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    return True
