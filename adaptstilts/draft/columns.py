"""Which column of somebody's files is which of a kind's: by its name, by what data sets call it, by what it looks like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adaptstilts.attacks.text.scripts import manner_of, script_of
from adaptstilts.data.files.formats import Record
from adaptstilts.errors import InputError
from adaptstilts.kinds.kind import Kind
from adaptstilts.rows import RowColumn

FEW = 50
"""A column with more different values than this looks like no label."""


@dataclass(frozen=True)
class ColumnMatch:
    """The file's column that is a kind's, and whether that was `guessed` from what it looks like."""

    column: str
    guessed: bool = False


def matched(kind: Kind, records: Sequence[Record], chosen: Mapping[str, str], where: str) -> dict[str, ColumnMatch]:
    """Kind's column -> the records' own, `chosen` ones as they are; InputError names all that cannot be found."""
    there = list(dict.fromkeys(name for record in records for name in record))
    known = {column.name for column in kind.described}
    wrong = [f"{name}={own}" for name, own in chosen.items() if name not in known or own not in there]
    if wrong:
        do = f"Of the kind {kind.name}: {', '.join(known)}; of the files: {', '.join(map(str, there))}."
        raise InputError(f"there are no such columns: {', '.join(wrong)}", where="--column", do=do)
    found = {name: ColumnMatch(own) for name, own in chosen.items()}
    for column in kind.described:
        if column.name in _left(there, found):
            found.setdefault(column.name, ColumnMatch(column.name))
    for column in kind.described:
        if column.name not in found and (named := _called(column, _left(there, found))):
            found[column.name] = ColumnMatch(named)
    _look(kind, records, there, found)
    missing = [name for name in kind.columns if name not in found]
    if missing:
        what = f"no column looks like {' or '.join(missing)}; the files have {', '.join(map(str, there)) or 'none'}"
        if len(there) == 1 and ";" in str(there[0]):
            what += " (columns of a CSV are parted by commas, and these by semicolons?)"
        do = (
            f"Say which it is: --column {missing[0]}=COLUMN. `adaptstilts show kind {kind.name}` tells what each holds."
        )
        raise InputError(what, where=where, do=do)
    return found


def labelled(kind: Kind) -> str:
    """The column whose values a task declares as its labels; empty where there is none."""
    return next((column.name for column in kind.described if column.labels), "")


def _left(names: Sequence[str], found: Mapping[str, ColumnMatch]) -> list[str]:
    """The names that are nothing's yet."""
    taken = {match.column for match in found.values()}
    return [name for name in names if name not in taken]


def _called(column: RowColumn, names: Sequence[str]) -> str:
    """The first of the names that data sets call such a column by; empty if there is none."""
    plain = {_plain(name): name for name in reversed(names)}
    return next((plain[_plain(other)] for other in column.also if _plain(other) in plain), "")


def _plain(name: object) -> str:
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


def _look(kind: Kind, records: Sequence[Record], there: Sequence[str], found: dict[str, ColumnMatch]) -> None:
    """Find texts and labels that no name tells: a label is what has few values, texts are the others, in their order."""
    left = _left(there, found)
    values: dict[str, list[Any]] = {name: [record.get(name) for record in records] for name in left}
    few = [name for name in left if _few(values[name])]
    label = labelled(kind)
    if label and label not in found and few:
        found[label] = ColumnMatch(min(few, key=lambda name: len(set(map(str, values[name])))), guessed=True)
    texts = [name for name in _left(left, found) if are_texts(values[name])]
    wanted = [n for n in kind.columns if n not in found and n not in (label, "id") and isinstance(kind.example[n], str)]
    if len(wanted) == 1 and texts:
        texts = [max(texts, key=lambda name: sum(map(len, values[name])))]
    for name, own in zip(wanted, texts, strict=False):
        found[name] = ColumnMatch(own, guessed=True)


def are_texts(values: Sequence[Any]) -> bool:
    """Whether all values are texts that do not come again and again, most with letters, some with several words."""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(values) or _few(values) or (len(texts) > 1 and not any(map(_several_words, texts))):
        return False
    return 2 * sum(any(map(str.isalpha, text)) for text in texts) > len(texts)


def _several_words(text: str) -> bool:
    """Whether blanks part words here, or the script has none between words."""
    return len(text.split()) > 1 or any(manner_of(script_of(letter)).window for letter in text if letter.isalpha())


def _few(values: Sequence[Any]) -> bool:
    """Whether values come again and again, as labels do."""
    different = len({str(value) for value in values})
    return 1 < different <= min(FEW, len(values) // 2) and not any(isinstance(value, (list, dict)) for value in values)
