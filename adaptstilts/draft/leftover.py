"""The columns of somebody's files that a draft does not use, and what they may be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adaptstilts.data.files.formats import Record
from adaptstilts.draft.columns import ColumnMatch, are_texts, labelled
from adaptstilts.kinds.kind import Kind


@dataclass(frozen=True)
class Leftover:
    """Columns that are nothing's: of these `ids` tell a file's rows apart, `texts` might be where one was guessed (`places`)."""

    columns: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    @property
    def doubts(self) -> Iterator[str]:
        """What to look at, in sentences."""
        if self.ids:
            yield f"each row has its own {' and '.join(self.ids)}: --column id={self.ids[0]} makes it the `id`"
        if self.texts and self.places:
            do = " ".join(f"--column {place}=COLUMN" for place in self.places)
            yield f"{', '.join(self.texts)} might as well be {' or '.join(self.places)}, which is a guess: say which with {do}"


def leftover(
    kind: Kind, found: Mapping[str, ColumnMatch], groups: Sequence[Sequence[Record]], told: Collection[str]
) -> Leftover:
    """What `found` leaves of the columns of records, which come by file and language: ids are told apart in each.

    `told` are columns that tell languages and splits.
    """
    records = [record for group in groups for record in group]
    taken = {*told, "source", *(match.column for match in found.values())}
    columns = [name for name in dict.fromkeys(str(name) for record in records for name in record) if name not in taken]
    ids = [] if "id" in found else [name for name in columns if all(_tells_apart(name, group) for group in groups)]
    guessed = [own for own, match in found.items() if match.guessed and own != labelled(kind)]
    texts = [name for name in columns if are_texts([record.get(name) for record in records])]
    return Leftover(tuple(columns), tuple(ids), tuple(texts), tuple(guessed))


def _tells_apart(name: str, group: Sequence[Record]) -> bool:
    """Whether all values are different numbers or words; of one row nothing is told."""
    values = [record.get(name) for record in group]
    words = all(isinstance(value, (str, int)) and len(str(value).split()) == 1 for value in values)
    return words and 1 < len(values) == len({str(value) for value in values}) and not are_texts(values)
