"""The registered plan in a store: what will be tested, how and on what, written down before there are results.

`preregistration.json` holds the plan and a digest over its canonical content. Every record that is made later carries
that digest, and the store's journal says what had been done by then, so that a reader can tell whether the plan came first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Le, Lt

from adaptstilts import ids
from adaptstilts.bounds import read_bytes, read_json
from adaptstilts.errors import CorruptArtefact, InputError
from adaptstilts.files import write_json
from adaptstilts.store import chain
from adaptstilts.store.store import RECORD, Store

FILE = "preregistration.json"
SCHEMA = 1
EXCLUSIONS = ("backbone", "data", "exposure", "dirty", "device", "untaught")
"""Flags of records that are left out of the confirmatory test."""

LATER = {"since": "later"}
"""Marks fields that plans did not have at first."""

Number = int | float
"""As it was written: 1 and 1.0 have different digests."""
Weight = Annotated[Number, Gt(0), Le(10**6)]
Effect = Annotated[Number, Gt(0), Le(100)]
Level = Annotated[Number, Gt(0), Lt(0.5)]


@dataclass(frozen=True)
class Plan:
    """The confirmatory test, whole.

    `cells` is the digest of the sweep's cells (`design_digest`). D is the mean over `attacks` (by weight), at these
    `severities` and `budgets` (0 for attacks without any; empty: all that there are), over `languages` (empty: all) but
    the source language. beta is the mean over `orderings` and `heads` of the slope of D on log2 k, k >= 1, of the
    `composition`; a trajectory counts from `levels` levels of k on. `sesoi` is the smallest effect of interest in probit
    units a doubling, `alpha` the level; the reference line takes `references` k = 0 models or more. Records with a flag
    of `exclusions` are left out. `looks` are reports before the end that alpha is shared with.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"strict": True, "extra": "forbid", "allow_inf_nan": False}
    sweep: str = ""
    cells: str = ""
    composition: str = "fuse"
    estimand: str = "slope of the probit robustness cost on log2 k"
    attacks: Mapping[str, Weight] = field(default_factory=dict)
    severities: tuple[Number, ...] = ()
    budgets: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    k: tuple[int, ...] = ()
    orderings: int = 0
    heads: tuple[str, ...] = ()
    levels: int = 3
    sesoi: Effect = 0.05
    alpha: Level = 0.05
    references: int = 6
    exclusions: tuple[str, ...] = EXCLUSIONS
    looks: int = field(default=0, metadata=LATER)

    def plain(self) -> dict[str, Any]:
        """The plan as JSON; what plans did not say at first is left out where it says nothing, so that old digests hold."""
        silent = {f.name for f in fields(self) if f.metadata == LATER and getattr(self, f.name) == f.default}
        return {name: value for name, value in ids.plain(self).items() if name not in silent}

    @property
    def digest(self) -> str:
        return ids.digest(self.plain())

    @property
    def posted(self) -> str:
        """64 hex digits over the same: what no second plan can be made to share, so that it can be posted elsewhere first."""
        return hashlib.blake2b(ids.canonical(self.plain()).encode(), digest_size=32).hexdigest()

    @property
    def line(self) -> str:
        """One line to post where others keep the time: which sweep's plan it is, and what it cannot be exchanged for."""
        return f"adaptstilts plan {self.sweep or '-'} {self.posted}"


def checked(plan: Plan) -> Plan:
    """The plan; InputError for numbers that are none, or not within their bounds."""
    from pydantic import TypeAdapter

    from adaptstilts.store.records.part import parsed

    try:
        return parsed(TypeAdapter(Plan), json.dumps(ids.plain(plan)))
    except ValueError as error:
        do = "The smallest effect (--sesoi) and weights are above 0, alpha is above 0 and below 0.5."
        raise InputError(str(error), where="the plan", do=do) from error


def preregister(plan: Plan, keys: Iterable[str], store: Store) -> Path:
    """Write the plan into the store and its journal; nothing changes where it stands already. `keys` are those of its results.

    Raises InputError where any result exists, or that of another plan which stands there.
    """
    path, old = store.root / FILE, registered(store.root)
    if old is not None and old.digest == plan.digest:
        _tell(plan, store)
        return path
    done = [key for key in keys if store.done(key)]
    if done:
        what = f"{len(done)} of this plan's results are there already, so that it cannot come before them"
        do = "Name an empty store with --out. The verdict on this one will say that its plan was not registered."
        raise InputError(what, where=str(store.root), do=do)
    if old is not None and _has_results(store, old):
        do = "Name another store with --out: a plan is not changed once results follow it."
        raise InputError(f"results of another plan ({old.digest}) are there", where=str(path), do=do)
    _tell(plan, store)
    return write_json(path, {"schema": SCHEMA, "digest": plan.digest, "plan": plan.plain()})


def _tell(plan: Plan, store: Store) -> None:
    """Tell the journal of the plan, unless it is the last that was told."""
    told = list(chain.own_chain(store.root).of("plan"))
    if not told or told[-1].told["posted"] != plan.posted:
        chain.append(store.root, "plan", sweep=plan.sweep, plan=plan.digest, posted=plan.posted)


def _has_results(store: Store, plan: Plan) -> bool:
    """Whether a finished step tells this plan's digest, or may: one that does not read back counts."""
    from adaptstilts.store.records.outline import read_outline

    for key in filter(store.done, store.known()):
        try:
            told = read_outline(read_bytes(store.folder(key) / RECORD)).provenance
        except (OSError, ValueError):
            return True
        if told.get("preregistration") == plan.digest:
            return True
    return False


def registered(store: Path) -> Plan | None:
    """The plan that stands in a store, or None; CorruptArtefact if it does not read back as it was written."""
    path = store / FILE
    if not path.is_file():
        return None
    from pydantic import TypeAdapter

    from adaptstilts.store.records.part import parsed

    try:
        told = read_json(path)
        plan = parsed(TypeAdapter(Plan), json.dumps(told["plan"]))
        if plan.digest != told["digest"]:
            raise ValueError("its digest is not that of its content")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        do = "Put the file back as it was written; a plan that was changed is no preregistration."
        raise CorruptArtefact(f"not a readable plan ({error})", where=str(path), do=do) from error
    return plan


def digest_in(store: Path) -> str | None:
    """The digest of the plan in a store, for records that are made now; None without one, "unreadable" for a broken one."""
    try:
        plan = registered(store)
    except CorruptArtefact:
        return "unreadable"
    return plan.digest if plan else None
