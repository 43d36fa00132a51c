"""The index of an adapter zoo: what it says of each adapter, how it is read, checked and written whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from adaptstilts.errors import CorruptArtefact, EnvironmentProblem, InputError
from adaptstilts.files import write_json

SCHEMA = 1
"""The newest schema that this code reads. Fields may be added within a schema; a change of meaning raises it."""

NAME = "index.json"
DIGEST = re.compile(r"[0-9a-f]{32}")
ORIGIN = re.compile(r"shipped|trained|hub:\S+@[0-9a-f]{40}(/\S+)?|folder .+")
"""`shipped` with the package, `trained` here (`step` says which), from a commit on the Hub or a folder in it, or from a folder."""

_NAME = re.compile(r"[^\s,\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True)
class Entry:
    """One adapter on the shelf: what it is, and where it comes from.

    `step` is the key of the step that made it; empty where that is not known. `config` is the adapter's architecture as
    `adapters` saved it (the field `config` of its adapter_config.json), `recipe` the specification of the step, `scores`
    are shares of 1 on held-out rows, `trainable` counts parameters with the head. `more` holds what an index says beyond that.
    """

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
    config: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The entry as it stands in an index; fields that were not understood are where they were found."""
        known = asdict(self)
        return {**known.pop("more"), **known}


_HINTS = get_type_hints(Entry)
_TYPES: Mapping[str, type] = {name: get_origin(hint) or hint for name, hint in _HINTS.items() if name != "more"}
_OBLIGATORY = ("name", "digest", "task", "backbone", "origin", "licence")
_DEFAULTS: Mapping[str, Any] = {"step": "", "trainable": 0}
_SPELT = {str: "text", int: "a whole number", dict: "an object"}


@dataclass(frozen=True)
class Index:
    """All entries by name, and whatever else the file says, which is written back as it was."""

    entries: tuple[Entry, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def of(self, entries: Sequence[Entry]) -> Index:
        """The index with these entries in place of its own."""
        return Index(tuple(sorted(entries, key=lambda entry: entry.name)), self.more)


def read_index(root: Path) -> Index:
    """The index of the zoo below `root`, empty where there is none.

    Raises EnvironmentProblem for one of a newer schema, CorruptArtefact for one that does not read back, naming every
    problem. Fields that this code does not know are kept.
    """
    path = root / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Index()
    except (ValueError, OSError) as error:
        raise _damaged(path, [str(error)]) from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        what = f"this zoo's index has schema {schema}; this version of adaptstilts reads up to {SCHEMA}"
        raise EnvironmentProblem(what, where=str(path), do="Install a newer adaptstilts, or name another zoo.")
    problems = list(_problems(found))
    if problems:
        raise _damaged(path, problems)
    more = {name: value for name, value in found.items() if name not in ("schema", "adapters")}
    return Index(tuple(map(_entry, found["adapters"])), more)


def write_index(root: Path, index: Index) -> None:
    """Write the index by atomic rename: a reader sees the old one or the whole new one."""
    entries = [entry.as_dict() for entry in index.entries]
    write_json(root / NAME, {"schema": SCHEMA, **index.more, "adapters": entries})


def check_entry(entry: Entry) -> None:
    """InputError, with every reason, for an entry that no index may hold."""
    problems = list(_problems_of(entry.as_dict()))
    if problems:
        do = "Names hold no blanks and no commas; README says what each field is."
        raise InputError(f"this is no entry of a zoo: {'; '.join(problems)}", where=entry.name, do=do)


def _entry(found: Mapping[str, Any]) -> Entry:
    known = {**_DEFAULTS, **{name: value for name, value in found.items() if name in _TYPES}}
    return Entry(**known, more={name: value for name, value in found.items() if name not in _TYPES})


def _problems(found: Any) -> Iterator[str]:
    if not isinstance(found, dict) or not isinstance(found.get("adapters"), list):
        yield "it holds no list of adapters"
        return
    if type(found.get("schema")) is not int or found["schema"] < 1:
        yield "it has no schema number"
    names = [entry.get("name") for entry in found["adapters"] if isinstance(entry, dict)]
    for number, entry in enumerate(found["adapters"]):
        if isinstance(entry, dict):
            yield from (f"adapters[{number}]: {problem}" for problem in _problems_of(entry))
            if names.count(entry.get("name")) > 1:
                yield f"adapters[{number}]: the name {entry.get('name')!r} is there twice"
        else:
            yield f"adapters[{number}] is no object"


def _problems_of(entry: Mapping[str, Any]) -> Iterator[str]:
    missing = [name for name in _OBLIGATORY if name not in entry]
    if missing:
        yield f"no {', '.join(missing)}"
    for name, kind in _TYPES.items():
        if name in entry and (not isinstance(entry[name], kind) or isinstance(entry[name], bool)):
            yield f"{name} is not {_SPELT[kind]}"
    patterns = {"name": _NAME, "digest": DIGEST, "origin": ORIGIN}
    for name, pattern in patterns.items():
        if isinstance(entry.get(name), str) and not pattern.fullmatch(entry[name]):
            yield f"{name} cannot be {entry[name]!r}"


def _damaged(path: Path, problems: Sequence[str]) -> CorruptArtefact:
    shown = "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
    do = "Bring the file back from a copy or from the distribution; the adapters' files are in no danger."
    return CorruptArtefact(f"the zoo's index does not read back ({shown})", where=str(path), do=do)
