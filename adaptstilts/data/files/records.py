"""Reading files of records: every format as records that can be taken in any order, with the label names it has.

Not through `datasets`: from CSV its reader (5.0) makes 1 of an id `001` and None of a text `NA`, from JSON lines a date of a
text `2020-01-01` and None of a column that a row lacks. Of parquet it gives the same records at a tenth of the speed, after
an import of over a second. Rows that are a `datasets.Dataset` already come in by `own.put_rows`.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts.bounds import check_rows, parse
from adaptstilts.data.files.archives import packed, read_packed
from adaptstilts.data.files.json_columns import decoding
from adaptstilts.errors import DataMissing
from adaptstilts.files import UTF8, read_lines, read_text

if TYPE_CHECKING:
    import pyarrow as pa

Record = dict[str, Any]
CHUNK = 512
_LONGEST = 2**31 - 1
_ASCII = " \t"
_BLANKS = re.compile(f"[{_ASCII}]+")
"""What parts columns, and no other white space: a no-break space is a part of its word."""


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
    reader = _READERS.get(path.suffix, _tagged)
    try:
        records = _rows_of_tsv(path, expected) if path.suffix in (".tsv", ".txt") else reader(path)
    except (ValueError, LookupError, TypeError, AttributeError, csv.Error) as error:
        what = f"the file does not read as {path.suffix}: {error}"
        raise DataMissing(what, where=str(path), do="See its first lines.") from error
    return replace(of_list(records), own=not isinstance(records, _Published))


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


def _jsonl(path: Path) -> list[Record]:
    with path.open(encoding=UTF8) as lines:
        return [_line(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def _line(line: str, number: int) -> Record:
    """The record of a line; ValueError, with its number, for what is none."""
    try:
        return _object(parse(line, whole=False))
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _object(value: Any) -> Record:
    if not isinstance(value, dict):
        raise ValueError(f"a record is a JSON object, not {type(value).__name__}")
    return value


class _Published(list[Record]):
    """Records that a format has in which data sets are published."""


def _json(path: Path) -> list[Record]:
    """A list of records, or the SQuAD format: articles of paragraphs of questions (v1.1 and v2.0).

    LAReQA's paragraphs also say where their sentences begin and end.
    """
    content = parse(read_text(path), whole=False)
    if isinstance(content, list):
        return [_object(record) for record in content]
    return _Published(
        {
            "id": question["id"],
            "context": paragraph["context"],
            "question": question["question"],
            "answers": {key: [one[key] for one in question.get("answers", ())] for key in ("text", "answer_start")},
            **{name: paragraph[name] for name in ("sentence_breaks",) if name in paragraph},
        }
        for article in content["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    )


def _csv(path: Path) -> list[Record]:
    with path.open(encoding=UTF8, newline="") as lines, _fields_of_any_length():
        return _typed(csv.DictReader(lines, strict=True))


def _rows_of_tsv(path: Path, expected: Sequence[str]) -> list[Record]:
    """With a header where the first line has an expected column name; otherwise `text<TAB>tags`."""
    with path.open(encoding=UTF8, newline="") as lines, _fields_of_any_length():
        header = lines.readline().rstrip("\r\n").split("\t")
        if not set(header) & set(expected):
            return _tagged(path)
        return _typed(csv.DictReader(lines, header, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True), above=1)


@contextlib.contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """Let `csv` read fields longer than the 131,072 characters that it takes for a mistake."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _typed(reader: csv.DictReader[str], above: int = 0) -> list[Record]:
    """Cells are text; a label that is a number becomes one. `above` lines were read before the reader's first."""
    records: list[Record] = []
    row: dict[Any, Any]
    for row in reader:
        if None in row or None in row.values():
            header = list(reader.fieldnames or ())
            cells = sum(value is not None for name, value in row.items() if name is not None) + len(row.get(None, ()))
            hint = "; cells seem to be parted by semicolons: write them with commas" if ";" in header[0] else ""
            raise ValueError(
                f"the row that ends in line {reader.line_num + above} has {cells} cells, the header {len(header)}{hint}"
            )
        label = row.get("label", "")
        records.append({**row, "label": int(label)} if label.removeprefix("-").isdecimal() else row)
    return records


def _tagged(path: Path) -> list[Record]:
    """jiant's format for tagging: `text<TAB>tags`, both separated by single blanks."""
    records = []
    for number, line in enumerate(read_lines(path), 1):
        cells = line.split("\t")
        if cells == [""]:
            continue
        if len(cells) != 2:
            raise ValueError(f"line {number} has {len(cells)} cells; `text<TAB>tags` is expected")
        records.append({"words": cells[0].split(" "), "tags": cells[1].split(" ")})
    return records


def _conll(path: Path) -> list[Record]:
    """A word a line, its tag in the last column, an empty line after each sentence.

    Before a sentence's first word there may be comments, lines from `# `; one that looks like the file's other lines (as
    many columns, a tag of theirs) is the word `#`.
    """
    records: list[Record] = []
    words: list[str] = []
    tags: list[str] = []
    lines = read_lines(path)
    split = [line.split("\t") if "\t" in line.strip(_ASCII) else _BLANKS.split(line.strip(_ASCII)) for line in lines]
    known = {(len(cells), cells[-1]) for line, cells in zip(lines, split, strict=True) if line[:2] != "# "}
    for line, cells in [*zip(lines, split, strict=True), ("", [])]:
        commented = line.startswith("-DOCSTART-") or (line.startswith("# ") and (len(cells), cells[-1]) not in known)
        if not line.strip(_ASCII):
            if words:
                records.append({"words": words, "tags": tags})
            words, tags = [], []
        elif words or not commented:
            if len(cells) < 2:
                raise ValueError(f"a line has no tag: {line!r}")
            words.append(cells[0])
            tags.append(cells[-1])
    return records


def _conllu(path: Path) -> list[Record]:
    """Universal Dependencies: ten columns a word, of which the second is its form and the fourth its tag.

    Ranges of words that are written as one (1-2) and words that are not written (1.1) are left out.
    """
    records: list[Record] = []
    words: list[tuple[str, str]] = []
    for line in [*read_lines(path), ""]:
        cells = line.split("\t")
        if not line.strip(_ASCII):
            if words:
                records.append({"words": [word for word, _ in words], "tags": [tag for _, tag in words]})
            words = []
        elif not line.startswith("#"):
            if len(cells) != 10:
                raise ValueError(f"a line has {len(cells)} columns, not 10: {line!r}")
            if cells[0].isdecimal():
                words.append((cells[1], cells[3]))
    return records


_LEAF = re.compile(r"<L ([^ ]+) [^ ]+ [^ ]+ ([^ ]+) [^ ]+>")


def _auto(path: Path) -> list[Record]:
    """CCGbank's derivations: a line of `ID=`, then one tree, whose leaves are `<L category POS POS word predicate>`."""
    records = []
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip() or line.startswith("ID="):
            continue
        leaves = _LEAF.findall(line)
        if not leaves:
            raise ValueError(f"line {number} has no leaf <L category POS POS word predicate>")
        if len(leaves) < line.count("<L "):
            told = f"{line.count('<L ') - len(leaves)} of {line.count('<L ')}"
            raise ValueError(f"line {number} has leaves that are not <L category POS POS word predicate>: {told}")
        records.append({"words": [word for _, word in leaves], "tags": [category for category, _ in leaves]})
    return records


_READERS: Mapping[str, Callable[[Path], list[Record]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".conll": _conll,
    ".conllu": _conllu,
    ".auto": _auto,
}
