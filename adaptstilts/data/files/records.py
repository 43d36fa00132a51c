"""Reading files of records: every format as records that can be taken in any order, with the label names it has.

Not through `datasets`: from CSV its reader (5.0) makes 1 of an id `001` and None of a text `NA`, from JSON lines a date of a
text `2020-01-01` and None of a column that a row lacks. Of parquet it gives the same records at a tenth of the speed, after
an import of over a second. Rows that are a `datasets.Dataset` already come in by `own.put_rows`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts.bounds import check_rows, parse
from adaptstilts.data.files.archives import packed, read_packed
from adaptstilts.data.files.formats import READERS, Published, Record, tagged, tsv
from adaptstilts.data.files.json_columns import decoding
from adaptstilts.errors import DataMissing

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 512


@dataclass(frozen=True)
class Records:
    """Records by position. `names` holds the label names that a format declares for a column (the Hub's ClassLabel).

    `own` says that they are a user's, who may have written them in the kind's columns; a format in which data sets are
    published (SQuAD's) never is, whatever its columns are called.
    """

    size: int
    take: Callable[[Sequence[int]], list[Record]]
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: bool = True

    def all(self) -> Iterator[Record]:
        for start in range(0, self.size, CHUNK):
            yield from self.take(range(start, min(start + CHUNK, self.size)))


def of_list(records: list[Record]) -> Records:
    """Records that are there already."""
    return Records(len(records), lambda positions: [records[i] for i in positions])


def read_file(path: Path, expected: Sequence[str] = ()) -> Records:
    """The records of one file. `expected` column names tell a TSV's header from a first row of tagged text.

    Raises DataMissing for a file that is not what its name says.
    """
    if path.suffix == ".parquet":
        return read_parquet([path])
    if packed(path):
        return of_list(read_packed(path))
    reader = READERS.get(path.suffix, tagged)
    try:
        records = tsv(path, expected) if path.suffix in (".tsv", ".txt") else reader(path)
    except (ValueError, LookupError, TypeError, AttributeError, csv.Error) as error:
        what = f"the file does not read as {path.suffix}: {error}"
        raise DataMissing(what, where=str(path), do="See its first lines.") from error
    return replace(of_list(records), own=not isinstance(records, Published))


def read_files(paths: Sequence[Path], expected: Sequence[str] = (), *, own: bool = False) -> Records:
    """The records of files that are shards of one split, in the given order; `own` if these are a user's."""
    if all(path.suffix == ".parquet" for path in paths):
        return replace(read_parquet(paths), own=own)
    found = [read_file(path, expected) for path in paths]
    records = [record for one in found for record in one.all()]
    return replace(of_list(records), own=own and any(one.own for one in found))


def read_parquet(paths: Sequence[Path]) -> Records:
    """Parquet shards; label names come from the `datasets` feature metadata, if there is any."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables, path = [], paths[0]
    try:
        for path in paths:
            check_rows(pq.read_metadata(path).num_rows, path.stat().st_size)
            tables.append(pq.read_table(path))
            tables[-1].validate(full=True)  # that texts are UTF-8, for one
        table = tables[0] if len(tables) == 1 else pa.concat_tables(tables, promote_options="default")
        names = _class_names(table.schema.metadata or {})
    except (pa.ArrowException, OSError, ValueError) as error:  # a broken footer is a plain OSError
        what = f"the file does not read as parquet: {error}"
        raise DataMissing(what, where=str(path), do="Fetch it again.") from error
    records = of_table(table, names)
    return replace(records, take=decoding(records.take, table.schema))


def of_table(table: pa.Table, names: Mapping[str, tuple[str, ...]]) -> Records:
    """The rows of an Arrow table, in one piece: taking rows out of many chunks is some forty times slower."""
    table = table.combine_chunks()
    return Records(table.num_rows, lambda positions: list(table.take(list(positions)).to_pylist()), names)


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, tuple[str, ...]]:
    """Column -> label names, for single labels and for lists of them; ValueError for metadata that `datasets` would not read."""
    try:
        features = parse(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
        inner = {column: each.get("feature", each) for column, each in features.items() if isinstance(each, dict)}
    except (ValueError, AttributeError) as error:
        raise ValueError(f"its `huggingface` metadata is not that of features ({error})") from error
    named = {column: f["names"] for column, f in inner.items() if isinstance(f, dict) and "names" in f}
    for column, names in named.items():
        if not isinstance(names, (list, dict)) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"its `huggingface` metadata gives the column {column!r} no list of names")
    return {column: tuple(names) for column, names in named.items() if isinstance(names, list)}
