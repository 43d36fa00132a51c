"""The rows of somebody's files as a first reading finds them: columns, labels, counts, ids, and what keeps a row from being one."""

from __future__ import annotations

import contextlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adaptstilts.data.files.formats import Record
from adaptstilts.data.files.parted import split_column, split_of
from adaptstilts.data.files.records import Records, read_file
from adaptstilts.draft.columns import ColumnMatch, labelled, matched
from adaptstilts.draft.layout import PlacedFile, is_code
from adaptstilts.draft.leftover import Leftover, leftover
from adaptstilts.errors import DataMissing, InputError
from adaptstilts.files import UTF8
from adaptstilts.kinds.kind import Kind

SAMPLE = 200
"""So many records of a file are looked at to tell its columns."""

LANGUAGE = ("language", "lang", "locale", "lang_code", "language_code")
"""What a column is called that tells each row's language."""

SPLIT = ("split", "set", "partition", "subset", "data_split", "dataset_split")
"""What a column is called that tells each row's split."""

MOST_LABELS = 1000
"""More different labels than this are taken for values that are none."""


@dataclass
class FirstReading:
    """What all files together hold; counts and ids by split and language.

    `spoken` and `parted` are the columns that tell a row's language and split, where the files' names do not; `tallies` count each
    label.
    """

    columns: Mapping[str, ColumnMatch]
    spoken: str = ""
    parted: str = ""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Leftover = field(default_factory=Leftover)
    labels: tuple[str, ...] = ()
    tallies: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    unlabelled: int = 0
    ids: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    unanswered: int = 0


def read(
    kind: Kind, files: Sequence[PlacedFile], chosen: Mapping[str, str], where: str, language: str = "en"
) -> FirstReading:
    """Read all files; `language` is that of rows of which nothing tells.

    InputError where columns or labels cannot be told, DataMissing for a broken file and a row of no split.
    """
    opened = {one: _open(one.path, kind) for one in files}
    samples = [found.take(range(min(SAMPLE, found.size))) for found in opened.values()]
    sample = [record for records in samples for record in records]
    spoken = "" if any(one.language for one in files) else _spoken(sample)
    parted = "" if all(one.split for one in files) else split_column(sample, SPLIT)
    told = {spoken, parted} - {"", *chosen.values()}
    named = [{name: value for name, value in record.items() if name not in told} for record in sample]
    reading = FirstReading(matched(kind, named, chosen, where), spoken, parted)
    reading.left = leftover(kind, reading.columns, _by_language(samples, spoken), told)
    seen: dict[tuple[str, str], Counter[Any]] = defaultdict(Counter)
    for one, found in opened.items():
        for record in found.all():
            split = one.split or split_of(record, parted, str(one.path))
            place = (split, str(record.get(spoken, "")) if spoken else one.language or language)
            reading.counts[place] += 1
            _count(record, kind, reading, place, seen[place])
    declared = _named(kind, reading, opened.values())
    reading.labels = declared or _labels({value for values in seen.values() for value in values}, reading, where)
    for place, values in seen.items():
        for value, count in values.items():
            reading.tallies[place][_name(value, declared)] += count
    return reading


def tell_split(files: Sequence[PlacedFile], kind: Kind) -> list[PlacedFile]:
    """Those files that are told apart by split: all by their names, or in each row by one column (of the first file that has one)."""
    if all(one.split for one in files):
        return list(files)
    columns = dict[PlacedFile, str]()
    for one in files:
        with contextlib.suppress(DataMissing):  # what does not read, and nobody named, is none of the task's
            columns[one] = split_column(_open(one.path, kind).all(), SPLIT)
    first = next(filter(None, columns.values()), "")
    return [one for one, column in columns.items() if first and column == first]


def _by_language(samples: Sequence[Sequence[Record]], spoken: str) -> list[list[Record]]:
    """The records of each file, those of each language apart."""
    groups: dict[tuple[int, str], list[Record]] = defaultdict(list)
    for number, records in enumerate(samples):
        for record in records:
            groups[number, str(record.get(spoken, ""))].append(record)
    return list(groups.values())


def _spoken(records: Sequence[Record]) -> str:
    """The column that tells languages, if the records have one."""
    named = [name for name in (records[0] if records else ()) if str(name).casefold() in LANGUAGE]
    codes = [name for name in named if all(is_code(str(record.get(name)), known=False) for record in records)]
    return next(iter(codes), "")


def _open(path: Path, kind: Kind) -> Records:
    """The records of a file; the header of a TSV is told from tagged text by the kind."""
    header: Sequence[str] = ()
    if path.suffix == ".tsv" and "words" not in kind.columns:
        with path.open(encoding=UTF8, newline="", errors="replace") as lines:  # `read_file` says what is wrong with it
            header = lines.readline().rstrip("\r\n").split("\t")
    return read_file(path, header)


def _count(record: Record, kind: Kind, reading: FirstReading, place: tuple[str, str], seen: Counter[Any]) -> None:
    named = {name: record.get(match.column) for name, match in reading.columns.items()}
    if named.get("id") not in (None, ""):
        reading.ids[place].add(str(named["id"]))
    if label := labelled(kind):
        value = named[label]
        several = value if isinstance(value, (list, tuple)) else [value]
        given = [one for one in several if not _nothing(one)]
        reading.unlabelled += len(several) - len(given)
        seen.update(map(_hashable, given))
    if "answers" in named and isinstance(named["answers"], dict):
        reading.unanswered += not named["answers"].get("text")


def _nothing(value: Any) -> bool:
    """Whether a label is not there; NaN is what data frames put in its place."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _hashable(value: Any) -> Any:
    """The value, or a text of what can be none; 1.0 is the number 1, as data frames write it where others are missing."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, (str, int, float)) else str(value)


def _name(value: Any, declared: Sequence[str] = ()) -> str:
    """What a label is called: its own number is looked up among the names that files declare."""
    if isinstance(value, int) and 0 <= value < len(declared):
        return declared[value]
    return str(value).lower() if isinstance(value, int) else str(value)


def _named(kind: Kind, reading: FirstReading, opened: Iterable[Records]) -> tuple[str, ...]:
    """Label names that the files themselves declare; empty without any."""
    label = reading.columns.get(labelled(kind))
    return next((r.names[label.column] for r in opened if label and label.column in r.names), ())


def _labels(seen: Collection[Any], reading: FirstReading, where: str) -> tuple[str, ...]:
    """The labels in the order of their numbers, or of their names; InputError for values that can be none."""
    broken = [value for value in seen if isinstance(value, float)]
    if broken or len(seen) > MOST_LABELS:
        column = next(match.column for name, match in reading.columns.items() if name in ("label", "tags"))
        shown = "numbers with fractions" if broken else f"{len(seen):,} different values"
        do = "Name the column of labels with --column label=COLUMN, or give rows labels in place of numbers."
        raise InputError(f"the column {column!r} holds {shown}, which are no labels", where=where, do=do)
    names = set(map(_name, seen))
    numbers = all(name.removeprefix("-").isdecimal() for name in names)
    return tuple(sorted(names, key=int) if numbers else sorted(names))
