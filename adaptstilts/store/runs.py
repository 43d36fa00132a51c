"""Finished runs taken up again: the step behind a record, and the config it was made with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from adaptstilts.attacks import ATTACKS
from adaptstilts.bounds import read_bytes
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.load import Config, lay
from adaptstilts.errors import CorruptArtefact, InputError
from adaptstilts.ids import beginning, key_named
from adaptstilts.listeners import Speaker
from adaptstilts.steps.spec import rebuilt
from adaptstilts.steps.step import Step, Transfer
from adaptstilts.store.store import RECORD, Store
from adaptstilts.tasks import TASKS

if TYPE_CHECKING:
    from adaptstilts.store.records.part import Object
    from adaptstilts.store.records.record import Record, ScoreRecord, TransferRecord

log = Speaker(__name__)


def readable(store: Store, name: str) -> dict[str, Record]:
    """The store's records by key, but those that do not read back; CorruptArtefact where `name` begins the key of such a one."""
    records = {record.key: record for record in store.records([])}
    for key in beginning(name.rstrip("/").rsplit("/", 1)[-1], set(store.known()) - set(records)):
        if store.done(key):
            store.record(key)  # which says what is wrong with it
    return records


def transfer_named(store: Store, name: str) -> Transfer:
    """The finished transfer whose key begins with `name`, or whose folder has it as its last part.

    Raises UnknownName, InputError (a run of another kind, or several), CorruptArtefact (made by another version, or damaged).
    """
    return transfer_of(store, _key_named(store, name)[0], name)


def transfer_record(store: Store, name: str) -> TransferRecord:
    """The record of the transfer that `transfer_named` finds, also of one that another version made; raises as it does otherwise."""
    key, records = _key_named(store, name)
    record = records[key]
    if record.step == "score":
        return store.transfer(record.spec.transfer)
    return record if record.step == "transfer" else _no_transfer(name, record.title)


def _key_named(store: Store, name: str) -> tuple[str, dict[str, Record]]:
    records = readable(store, name)
    transfers = {key: record.title for key, record in records.items() if record.step == Transfer.kind}
    listed = "".join(f"\n  {key}  {title}" for key, title in transfers.items())
    do = f"Finished transfers:{listed}" if listed else ""
    return key_named(name, records, "run", known=transfers, where=str(store.root), do=do), records


def transfer_of(store: Store, key: str, name: str = "") -> Transfer:
    """The transfer behind the record of one, or of a score of it, called `name`; InputError for another kind of step."""
    step = step_of(store, key)
    if step.run is None:
        _no_transfer(name or key, step.title)
    return step.run


def _no_transfer(name: str, title: str) -> NoReturn:
    raise InputError(f"{name} is no transfer but {title}", do="`adaptstilts list runs` tells them apart.")


def scores_of(store: Store, transfer: str) -> list[ScoreRecord]:
    """The records of every finished score of a transfer, by time of finishing; of those that do not read back listeners are told.

    Files that do not name the transfer are not parsed.
    """
    found: list[ScoreRecord] = []
    for key in store.by_time():
        if transfer.encode() not in read_bytes(store.folder(key) / RECORD):
            continue
        try:
            record = store.record(key)
        except CorruptArtefact as error:
            log.warning(str(error))
            continue
        if record.step == "score" and record.spec.transfer == transfer:
            found.append(record)
    return found


def composed(step: Transfer) -> Object:
    """What a transfer's record says of its composition beside numbers."""
    return {
        "target": step.target,
        "composition": step.composition,
        "method": step.method or next(iter(COMPOSITIONS.get(step.composition).methods), None),
        "tasks": step.tasks,
        "members": step.members,
        "seed": step.seed,
    }


def step_of(store: Store, key: str) -> Step:
    """The step behind a record, with everything it needs."""
    return rebuilt(store.record(key).spec.plain(), lambda need: step_of(store, need), key)


def config_of(store: Store, transfer: Transfer, values: Mapping[str, Any], settings: Iterable[str] = ()) -> Config:
    """The config that a transfer was made with, `settings` (key=value) and `values` (by key) laid over it.

    Raises ConfigError, and InputError where the record holds none, or where the run needs declarations that are not let in.
    """
    kept = store.record(transfer.key).provenance.settings
    attacks = () if "evaluation.attacks" in values else kept.get("evaluation", {}).get("attacks", ())
    _check_declared(transfer, attacks)
    if not kept:
        raise InputError("the record does not hold its config", where=transfer.key, do="Run the transfer again.")
    return lay(kept, f"run {transfer.key}", settings, values)


def _check_declared(transfer: Transfer, attacks: Iterable[str]) -> None:
    """InputError for a run made with a task, composition or attack that a file declared which is not let in now."""
    trained = [lesson.task for need in transfer.needs for step in need.chain for lesson in step.lessons]
    unknown = [f"task {name!r}" for name in dict.fromkeys((transfer.target, *trained)) if name not in TASKS]
    unknown += [f"composition {transfer.composition!r}"] if transfer.composition not in COMPOSITIONS else []
    unknown += [f"attack {name!r}" for name in attacks if name not in ATTACKS and name not in TASKS]
    if unknown:
        raise InputError(
            f"this run was made with {', '.join(unknown)}, which nothing declares here", where=f"run {transfer.key}",
            do="Let the file in that declares it: adaptstilts --include FILE …, and the rest of the command as it was.",
        )  # fmt: skip
