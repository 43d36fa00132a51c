"""The journal of an attack: its finished rows, one a line, so that a killed step goes on and its texts can be replayed."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from adaptstilts import rows as vocabulary
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.attacks.attack import Attack, Attacked, Scene, Victim
from adaptstilts.bounds import check_values, parse
from adaptstilts.files import writing
from adaptstilts.kinds.kind import Prediction
from adaptstilts.rows import Row

FILE = "attacked.jsonl"
LONGEST = 16 << 20
"""Bytes of a line that comes from elsewhere."""

CHUNK = 64
"""Rows that are attacked together, and lost together by a kill: enough to fill a search's batches."""

Key = tuple[str, str]


def attacked_rows(
    folder: Path,
    attack: Attack,
    rows: Sequence[Row],
    scene: Scene,
    victim: Victim | None = None,
    budget: int | None = None,
    *,
    chunk: int = CHUNK,
    progress: Callable[[int], None] = lambda count: None,
) -> list[Attacked]:
    """As `attack_rows`, with what is finished kept in the step's folder: only rows that are not there are attacked.

    The folder belongs to one attack with one budget on one model. `progress` is told how many rows each chunk finished.
    """
    journal = Journal(folder / FILE)
    known = journal.read()
    missing = [row for row in rows if (scene.language, row.id) not in known]
    progress(len(rows) - len(missing))
    for start in range(0, len(missing), chunk):
        part = missing[start : start + chunk]
        found = attack_rows(attack, part, scene, victim, budget)
        keys = [(scene.language, row.id) for row in part]
        journal.append(keys, found)
        known.update(zip(keys, found, strict=True))
        progress(len(part))
    return [known[scene.language, row.id] for row in rows]


def read_attacked(folder: Path) -> dict[Key, Attacked]:
    """Every finished row of a step's attack by (language, id of the row before it); empty where there is no journal."""
    return Journal(folder / FILE).read()


def check_journal(path: Path) -> None:
    """ValueError unless every whole line is a row of an attack; one line at a time is held."""
    with path.open("rb") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(LONGEST), b""), 1):
            try:
                check_values(line.decode())
                key, attacked = _parsed(line)
                if not all(isinstance(part, str) for part in key) or not _is_attacked(attacked):
                    raise ValueError("a value is of another type")
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise ValueError(f"line {number} is no row of an attack ({error})") from error


def _is_attacked(value: Attacked) -> bool:
    """Whether the numbers are numbers, and the rows hold what the vocabulary says."""
    from pydantic import TypeAdapter

    numbers = (value.edits, value.rate, value.queries, value.tried, value.survived, value.goal_at)
    counted = [number for number in (value.unknown, value.blank) if number is not None]  # older journals have none
    rows = (value.row, *value.rivals)
    return all(type(number) in (int, float) for number in (*numbers, *counted)) and all(
        TypeAdapter[Row](type(row)).validate_python(dataclasses.asdict(row)) == row for row in rows
    )


class Journal:
    """An append-only file with one JSON line a row. What was being written when a process died is no line of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._valid: int | None = None

    def read(self) -> dict[Key, Attacked]:
        """The rows of all whole lines up to the first that is not; of several lines for one row the first."""
        found: dict[Key, Attacked] = {}
        self._valid = 0
        for line in self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else ():
            try:
                key, attacked = _parsed(line)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                break
            found.setdefault(key, attacked)
            self._valid += len(line)
        return found

    def append(self, keys: Sequence[Key], attacked: Sequence[Attacked]) -> None:
        """Add rows, all on the disk when this returns; what a killed process left behind is cut off first."""
        if self._valid is None:
            self.read()
        lines = b"".join(_line(key, found) for key, found in zip(keys, attacked, strict=True))
        with writing(self.path), self.path.open("ab") as stream:
            stream.truncate(self._valid)
            stream.write(lines)
            stream.flush()
            os.fsync(stream.fileno())
        self._valid = (self._valid or 0) + len(lines)


def _line(key: Key, attacked: Attacked) -> bytes:
    names, said = [f.name for f in dataclasses.fields(attacked) if f.name != "prediction"], attacked.prediction
    fields = {name: _spell_value(getattr(attacked, name)) for name in names}
    value = {"language": key[0], "id": key[1], **fields, "prediction": dataclasses.asdict(said) if said else None}
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def _parsed(line: bytes) -> tuple[Key, Attacked]:
    if not line.endswith(b"\n"):
        raise ValueError("the line has no end")
    value = parse(line, whole=False)
    key, said = (value.pop("language"), value.pop("id")), value.pop("prediction")
    fields = {name: _read_value(found) for name, found in value.items()}
    return key, Attacked(prediction=None if said is None else Prediction(**said), **fields)


def spelt_row(row: Row) -> dict[str, Any]:
    """A row as JSON: its class's name and its fields; `read_row` gives the equal row back."""
    spelt: dict[str, Any] = _spell_value(row)
    return spelt


def read_row(value: dict[str, Any]) -> Row:
    """The row that `spelt_row` spelt; ValueError or TypeError if it is none."""
    row: Row = _read_value(value)
    return row


def _spell_value(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _spell_value(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"class": type(value).__name__, **fields}
    if isinstance(value, tuple):
        return [_spell_value(item) for item in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"a row cannot hold a {type(value).__name__}")


def _read_value(value: Any) -> Any:
    """Lists are tuples and mappings are dataclasses of `rows`: rows, and what stands beside them, hold nothing else."""
    if isinstance(value, list):
        return tuple(_read_value(item) for item in value)
    if isinstance(value, dict):
        fields = {name: _read_value(item) for name, item in value.items() if name != "class"}
        shape = getattr(vocabulary, value["class"], None)
        if not (isinstance(shape, type) and dataclasses.is_dataclass(shape)):
            raise ValueError(f"there is no row {value['class']!r}")
        return shape(**fields)
    return value
