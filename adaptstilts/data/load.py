"""Loading rows: one split and language of a task, from the pocket lab, the Hub or a folder, checked by its kind."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from adaptstilts.data.files.folder import Part, parts, readme_names, sources_for
from adaptstilts.data.files.records import CHUNK, Record, Records, read_files
from adaptstilts.data.hub.rows import read_hub, spelt
from adaptstilts.data.identity import SPLITS, origin, split_for
from adaptstilts.data.reshape import read_rows
from adaptstilts.data.where import Where, labels_for, missing, twin
from adaptstilts.errors import InputError, RowError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.columns import row_error
from adaptstilts.kinds.kind import Whereabouts
from adaptstilts.rows import RetrievalRow, Row
from adaptstilts.tasks import Task

_PLAIN = str.maketrans("", "", "_- ")


def _raise(error: RowError) -> None:
    raise error


@dataclass(frozen=True)
class Loaded:
    """Rows, the split they really came from ("dev" where a language has no test set), and what decides them as JSON."""

    rows: list[Row]
    split_used: str
    origin: dict[str, Any]


@dataclass(frozen=True)
class Piece:
    """The records of one source, or of a user's file; `own` if these are in the kind's columns, not as published."""

    records: Records
    own: bool


@dataclass(frozen=True)
class Stream:
    """The records of one split and language, opened, and the (piece, position) order in which rows are wanted."""

    task: Task
    place: Whereabouts
    pieces: tuple[Piece, ...]
    order: Sequence[tuple[int, int]]

    def rows(self, wrong: Callable[[RowError], None]) -> Iterator[Row]:
        """Rows in order, read as they are asked for; a record that breaks its law or repeats an id goes to `wrong`.

        Of records that stand for several rows, neighbours may give the same row (a context its sentences): it is given once.
        """
        kind, seen = kind_of(self.task.kind), dict[str, Row | None]()
        for number, position, record in self._records():
            own_id = str(position) if len(self.pieces) == 1 else f"{number}-{position}"
            try:
                found = read_rows(record, own_id, self.task, kind, self.place, own=self.pieces[number].own)
            except RowError as error:
                wrong(error)
                continue
            for row in found:
                if row.id not in seen:
                    seen[row.id] = row if len(found) > 1 else None
                    yield row
                elif row != seen[row.id]:
                    wrong(row_error("the id is not unique in its split", self.place, row.id, "id"))

    def _records(self) -> Iterator[tuple[int, int, Record]]:
        """Chunk by chunk, each piece asked once a chunk."""
        for start in range(0, len(self.order), CHUNK):
            wanted = self.order[start : start + CHUNK]
            taken: dict[tuple[int, int], Record] = {}
            for number in {number for number, _ in wanted}:
                positions = [position for n, position in wanted if n == number]
                records = self.pieces[number].records.take(positions)
                taken |= {(number, p): record for p, record in zip(positions, records, strict=True)}
            yield from ((number, position, taken[number, position]) for number, position in wanted)


def load(
    task: Task,
    split: str,
    language: str,
    where: Where,
    limit: int | None = None,
    seed: int = 0,
    *,
    wrong: Callable[[RowError], None] = _raise,
) -> Loaded:
    """Rows of one split ("train", "dev", "test") and language, at most `limit`.

    Training rows come in an order that is a pure function of task, seed and position, so that a smaller limit is a
    prefix of a larger one; dev and test rows keep the file's order, so that translations stay aligned. Where a language
    has a dev but no test set, dev is loaded and `split_used` says so. A bad row goes to
    `wrong`, which may raise (the default) or leave it out. Raises DataMissing with what to do.
    """
    _check_request(split, limit)
    used = split_for(task, split, language, where)
    if where.place == "pocket":
        rows = _pocket(task, used, language, limit, seed)
    else:
        rows = list(_first(stream(task, used, language, where, seed), limit, wrong))
    if not rows:
        raise missing(task, used, language, where)
    return Loaded(rows, used, origin(task, used, language, where))


def _first(found: Stream, limit: int | None, wrong: Callable[[RowError], None]) -> Iterator[Row]:
    """At most `limit` rows; where queries rank one pool, as many queries and all of the pool."""
    if limit is None or found.place.split == "train" or found.task.options.get("pool") != "all":
        yield from islice(found.rows(wrong), limit)
        return
    for row in found.rows(wrong):
        asks = isinstance(row, RetrievalRow) and bool(row.query)
        limit -= asks
        if not asks or limit >= 0:
            yield row


def stream(task: Task, split: str, language: str, where: Where, seed: int = 0) -> Stream:
    """The records of a split of the Hub or a folder, opened but not yet read; DataMissing if there are none."""
    task = dataclasses.replace(task, labels=labels_for(task, where))
    if where.place == "hub":
        sources = sources_for(task, split, language)
        expected = tuple(task.columns.values())
        found = ((read_hub(source, expected), spelt(source)) for source in sources)
        pieces = tuple(Piece(_checked(records, task, name), own=False) for records, name in found)
    else:
        pieces = tuple(_piece(part, task, language, where) for part in parts(task, split, language, where.folder))
    if not pieces:
        raise missing(task, split, language, where)
    order = [(number, i) for number, piece in enumerate(pieces) for i in range(piece.records.size)]
    return Stream(task, Whereabouts(task.name, split, language), pieces, _shuffled(order, task, seed, split))


def _pocket(task: Task, split: str, language: str, limit: int | None, seed: int) -> list[Row]:
    from adaptstilts import pocket

    task = dataclasses.replace(task, labels=labels_for(task, Where("pocket")))
    rows = list(pocket.rows(twin(task), split, language, limit, seed if split == "train" else 0))
    kind, place = kind_of(task.kind), Whereabouts(task.name, split, language)
    for row in rows:
        kind.check(row, task, place)
    return rows


def _piece(part: Part, task: Task, language: str, where: Where) -> Piece:
    if task.read is not None and part.source is None:
        records = [record for file in part.files for record in task.read(file, language)]
        return Piece(Records(len(records), lambda positions: [records[i] for i in positions]), own=True)
    expected = (*kind_of(task.kind).columns, *task.columns.values())
    found = read_files(part.files, expected)
    if part.source is not None:
        found = dataclasses.replace(found, names={**readme_names(where.folder, part.source), **found.names})
    own = part.source is None and not found.published
    return Piece(_checked(found, task, str(part.files[0])), own=own)


def _checked(records: Records, task: Task, where: str) -> Records:
    """InputError if the data declares other labels than the task does, or the same in another order.

    Names may differ in case and in `_`, `-` and blanks, or be mere digits in order, which say nothing. Numbers of other
    columns with label names are given as these names: what the numbers mean differs between copies.
    """
    labelled = task.columns.get("tags", task.columns.get("label", "label"))
    names = records.names.get(labelled)
    if names and task.labels and not _same_labels(names, task.labels):
        raise InputError(
            f"labels come as {', '.join(names)}; the task declares {', '.join(task.labels)}",
            where=where,
            do=f"This copy encodes {task.name} differently: use the data set that the task names.",
        )
    others = {column: found for column, found in records.names.items() if column != labelled}
    return records if not others else dataclasses.replace(records, take=lambda at: _named(records.take(at), others))


def _same_labels(names: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether names of labels are the task's, one by one; bare digits from 0 stand for any, as long as none is missing."""
    plain = [[name.casefold().translate(_PLAIN) for name in several] for several in (names, labels)]
    return plain[0] == plain[1] or list(names) == [str(i) for i in range(len(labels))]


def _named(records: list[Record], names: dict[str, tuple[str, ...]]) -> list[Record]:
    def name(value: Any, found: tuple[str, ...]) -> Any:
        if isinstance(value, list):
            return [name(one, found) for one in value]
        return found[value] if isinstance(value, int) and 0 <= value < len(found) else value

    return [
        {**r, **{column: name(r[column], found) for column, found in names.items() if column in r}} for r in records
    ]


def _shuffled(order: list[tuple[int, int]], task: Task, seed: int, split: str) -> list[tuple[int, int]]:
    """Training rows by a digest of each position, so that adding or dropping rows does not move the others."""
    key = hashlib.blake2b(f"{task.name}\x1f{task.version}\x1f{seed}".encode()).digest()

    def rank(item: tuple[int, int]) -> bytes:
        return hashlib.blake2b(b"%d-%d" % item, key=key, digest_size=8).digest()

    return sorted(order, key=rank) if split == "train" else order


def _check_request(split: str, limit: int | None) -> None:
    if split not in SPLITS:
        raise InputError(f"there is no split called {split!r}", do=f"Splits are {', '.join(SPLITS)}.")
    if limit is not None and limit < 1:
        raise InputError(f"{limit} rows are asked for", do="Ask for one row or more.")
