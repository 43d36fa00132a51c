"""The index of an adapter zoo: what it says of each adapter, how it is read, checked and written whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.json_schema import SkipJsonSchema

from adaptstilts.bounds import STORE_BYTES, read_json
from adaptstilts.errors import CorruptArtefact, EnvironmentProblem, InputError
from adaptstilts.files import write_json
from adaptstilts.names import RULE, is_name
from adaptstilts.store.records.numbers import AboveChance
from adaptstilts.store.records.part import Natural, Object, Part, in_words
from adaptstilts.tasks import TASKS

SCHEMA = 1
"""The newest schema that this code reads. Fields may be added within a schema; a change of meaning raises it."""

NAME = "index.json"
DIGEST = re.compile(r"^[0-9a-f]{32}$")

_NAME = r"^[^\s,\x00-\x1f\x7f]{1,200}$"
_ORIGIN = r"^(shipped|trained|hub:\S+@[0-9a-f]{40}(/\S+)?|folder .+)$"


def _about(text: str, **bounds: Any) -> Any:
    return Field(description=text, **bounds)


Score = Annotated[float, Field(strict=True)]


@dataclass(frozen=True)
class Entry:
    """One adapter on the shelf: what it is, and where it comes from; `more` holds what an index says beyond that."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(allow_inf_nan=False)
    name: Annotated[str, _about("What the adapter is called; once in an index.", pattern=_NAME)]
    digest: Annotated[
        str, _about("Identity of its files, and the name of their folder below files/.", pattern=DIGEST.pattern)
    ]
    task: Annotated[str, _about("The intermediate task that it was trained on.")]
    backbone: Annotated[str, _about("The encoder that it belongs to: `pocket`, a Hub id, or a folder's name.")]
    step: Annotated[str, _about("Key of the step that trained it; empty where that is not known.", default="")]
    origin: Annotated[
        str,
        _about(
            "`shipped` with the package, `trained` by the step, from a Hub repository's commit, or from the folder of that name.",
            pattern=_ORIGIN,
        ),
    ]
    licence: Annotated[str, _about("The licence, or that of the data that it was trained on.")]
    trainable: Annotated[
        Natural, _about("Trained parameters, with the head; 0 where that is not known.", default=0, strict=True)
    ]
    scores: Annotated[dict[str, Score], _about("Metrics on held-out rows, as shares of 1.")] = field(
        default_factory=dict
    )
    above_chance: Annotated[
        AboveChance | None, _about("By how much it beats chance on these rows; left out where nobody looked.")
    ] = None
    recipe: Annotated[
        Object, _about("The step's specification: data, recipe, seed; settings at their default are left out.")
    ] = field(default_factory=dict)
    config: Annotated[Object, _about("The adapter's architecture: the field `config` of its adapter_config.json.")] = (
        field(default_factory=dict)
    )
    more: SkipJsonSchema[Object] = field(default_factory=dict)

    @property
    def taught(self) -> bool | None:
        """Whether the adapter beats chance; None where nobody looked."""
        return self.above_chance.taught if self.above_chance else None

    @property
    def standin(self) -> str:
        """The task whose data stood in for its own in training; empty for none that is known."""
        other = self.recipe.get("standin")
        return other if isinstance(other, str) and other in TASKS else ""

    def as_dict(self) -> Object:
        """The entry as it stands in an index; fields that were not understood are where they were found."""
        known = asdict(self)
        if self.above_chance:
            known["above_chance"] = self.above_chance.plain()
        else:
            del known["above_chance"]
        return {**known.pop("more"), **known}


_KNOWN = frozenset(one.name for one in fields(Entry)) - {"more"}


def _apart(found: Any) -> Any:
    """An entry as an index has it: what is not known stands apart."""
    if not isinstance(found, dict):
        return found
    known = {name: value for name, value in found.items() if name in _KNOWN}
    return {**known, "more": {n: v for n, v in found.items() if n not in _KNOWN}}


def _once(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    names = [entry.name for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the name {', '.join(map(repr, twice))} is there twice")
    return entries


_ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, BeforeValidator(_apart)])


class Index(Part):
    """All entries by name, and whatever else the file says, which is written back as it was."""

    schema_: Annotated[
        int,
        _about(
            "Raised when the meaning of a field changes; new fields alone do not raise it.",
            ge=1,
            alias="schema",
            strict=True,
        ),
    ] = SCHEMA
    adapters: Annotated[tuple[Annotated[Entry, BeforeValidator(_apart)], ...], AfterValidator(_once)] = ()

    def of(self, entries: Sequence[Entry]) -> Index:
        """The index with these entries in place of its own."""
        return self.model_copy(update={"adapters": tuple(sorted(entries, key=lambda entry: entry.name))})


def read_index(root: Path) -> Index:
    """The index of the zoo below `root`, empty where there is none.

    Raises EnvironmentProblem for one of a newer schema, CorruptArtefact for one that does not read back, naming every
    problem. Fields that this code does not know are kept.
    """
    path = root / NAME
    try:
        found = read_json(path, STORE_BYTES)
    except FileNotFoundError:
        return Index()
    except (ValueError, OSError) as error:
        raise _damaged(path, str(error)) from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        what = f"this zoo's index has schema {schema}; this version of adaptstilts reads up to {SCHEMA}"
        raise EnvironmentProblem(what, where=str(path), do="Install a newer adaptstilts, or name another zoo.")
    if not isinstance(found, dict) or not isinstance(found.get("adapters"), list):
        raise _damaged(path, "it holds no list of adapters")
    try:
        return Index.model_validate({"schema": None, **found})
    except ValidationError as error:
        raise _damaged(path, in_words(error)) from error


def write_index(root: Path, index: Index) -> None:
    """Write the index by atomic rename: a reader sees the old one or the whole new one."""
    entries = [entry.as_dict() for entry in index.adapters]
    write_json(root / NAME, {"schema": SCHEMA, **(index.model_extra or {}), "adapters": entries})


def check_entry(entry: Entry) -> None:
    """InputError, with every reason, for an entry that may come into no index: those of old ones have other names too."""
    if not is_name(entry.name):
        what = f"this is no entry of a zoo: {entry.name[:99]!r} cannot name an adapter"
        raise InputError(what, where="--as", do=f"A name has {RULE}.")
    try:
        _ENTRY.validate_python(entry.as_dict())
    except ValidationError as error:
        do = "Names hold no blanks and no commas; README says what each field is."
        what = f"this is no entry of a zoo: {in_words(error)}"
        raise InputError(what, where=entry.name, do=do) from error


def _damaged(path: Path, problems: str) -> CorruptArtefact:
    do = "Bring the file back from a copy or from the distribution; the adapters' files are in no danger."
    return CorruptArtefact(f"the zoo's index does not read back ({problems})", where=str(path), do=do)
