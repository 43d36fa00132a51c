"""One split and language, opened: in what order its records are wanted, and the checked rows that they make."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from adaptstilts.data.draw import first
from adaptstilts.data.files.formats import Record, line_of
from adaptstilts.data.files.records import CHUNK, Records
from adaptstilts.data.reshape import has_id, read_rows
from adaptstilts.errors import RowError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.columns import row_error
from adaptstilts.kinds.kind import Whereabouts
from adaptstilts.rows import Row
from adaptstilts.tasks import Task

Wrong = Callable[[RowError], None]
"""What is done about a bad row: raise, or leave it out."""

Position = tuple[int, int]
"""Which of several records, and the place in them."""


@dataclass(frozen=True)
class OpenSplit:
    """The records of one split and language, opened but not yet read; several where several data sets make it up."""

    task: Task
    split: str
    language: str
    records: tuple[Records, ...]

    def rows(self, limit: int | None, seed: int, wrong: Wrong) -> Iterator[Row]:
        """The first `limit` rows, read as they are asked for, as `draw.first` counts them.

        Training rows come in an order of `seed`. A record that breaks its law or repeats an id goes to `wrong`.
        """
        found = self._checked(self._order(seed), wrong)
        if limit is None or self.split == "train":
            yield from islice(found, limit)
        else:
            yield from first(found, limit, self.task)

    @property
    def by_line(self) -> bool:
        """Whether rows are told from each other, and their translations found, by their place alone: the first record tells."""
        here, place = "its line", Whereabouts(self.task.name, self.split, self.language)
        for records in self.records:
            for record in islice(records.all(), CHUNK):
                try:
                    rows = read_rows(record, here, self.task, kind_of(self.task.kind), place, own=records.own)
                except RowError:
                    continue
                if rows:
                    return rows[0].source == here
        return False

    def _order(self, seed: int) -> list[Position]:
        """Training rows by a digest of each position, so that adding or dropping rows does not move the others."""
        order = [(number, i) for number, records in enumerate(self.records) for i in range(records.size)]
        if self.split != "train":
            return order
        key = hashlib.blake2b(f"{self.task.name}\x1f{self.task.version}\x1f{seed}".encode()).digest()
        return sorted(order, key=lambda item: hashlib.blake2b(b"%d-%d" % item, key=key, digest_size=8).digest())

    def _checked(self, order: Sequence[Position], wrong: Wrong) -> Iterator[Row]:
        """Of records that stand for several rows, neighbours may give the same row (a context its sentences): it is given once."""
        kind, seen, named = kind_of(self.task.kind), dict[str, Row | None](), dict[int, bool]()
        place = Whereabouts(self.task.name, self.split, self.language)
        for number, position, record in self._taken(order):
            own_id = str(position) if len(self.records) == 1 else f"{number}-{position}"
            own = self.records[number].own
            line = line_of(record) if own else ""
            if self._pairs(number) and named.setdefault(number, has_id(record)) != has_id(record):
                what = "of the rows of one file some have an id and some have none"
                wrong(row_error(what, place, own_id, "id").at(line))
                continue
            try:
                found = read_rows(record, own_id, self.task, kind, place, own=own)
            except RowError as error:
                wrong(error.at(line))
                continue
            for row in found:
                if row.id not in seen:
                    seen[row.id] = row if len(found) > 1 else None
                    yield row
                elif row != seen[row.id]:
                    wrong(row_error("the id is not unique in its split", place, row.id, "id").at(line))

    def _pairs(self, number: int) -> bool:
        """Whether ids, or in a file without any its lines, tell which rows translate one another: a file has the one or the other."""
        return self.records[number].own and self.task.parallel and self.split != "train"

    def _taken(self, order: Sequence[Position]) -> Iterator[tuple[int, int, Record]]:
        """Chunk by chunk, each of several records asked once a chunk."""
        for start in range(0, len(order), CHUNK):
            wanted = order[start : start + CHUNK]
            taken: dict[Position, Record] = {}
            for number in {number for number, _ in wanted}:
                positions = [position for n, position in wanted if n == number]
                records = self.records[number].take(positions)
                taken |= {(number, p): record for p, record in zip(positions, records, strict=True)}
            yield from ((number, position, taken[number, position]) for number, position in wanted)
