"""Files of text as records, format by format; each record of a format with lines knows at which of them it begins."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adaptstilts.bounds import parse
from adaptstilts.files import UTF8, read_lines, read_text

Record = dict[str, Any]
_LONGEST = 2**31 - 1
_ASCII = " \t"
_BLANKS = re.compile(f"[{_ASCII}]+")
"""What parts columns, and no other white space: a no-break space is a part of its word."""
_BREAK = re.compile("\r\n|\r|\n")


class LinedRecord(dict[str, Any]):
    """A record that knows the line of its file, from 1, at which it begins."""

    __slots__ = ("line", "path")

    def __init__(self, record: Mapping[Any, Any], path: Path, line: int) -> None:
        super().__init__(record)
        self.path, self.line = path, line


def line_of(record: Mapping[str, Any]) -> str:
    """Where an editor shows the record; empty where its file has no lines, or nothing is known of one."""
    return f"line {record.line} of {record.path}" if isinstance(record, LinedRecord) else ""


def _jsonl(path: Path) -> list[Record]:
    with path.open(encoding=UTF8) as lines:
        return [LinedRecord(_line(line, n), path, n) for n, line in enumerate(lines, 1) if line.strip()]


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


class Published(list[Record]):
    """Records that a format has in which data sets are published."""


def _json(path: Path) -> list[Record]:
    """A list of records, or the SQuAD format: articles of paragraphs of questions (v1.1 and v2.0).

    LAReQA's paragraphs also say where their sentences begin and end.
    """
    content = parse(read_text(path), whole=False)
    if isinstance(content, list):
        return [_object(record) for record in content]
    return Published(
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
        return _typed(csv.DictReader(lines, strict=True), path)


def tsv(path: Path, expected: Sequence[str]) -> list[Record]:
    """With a header where the first line has an expected column name; otherwise `text<TAB>tags`."""
    with path.open(encoding=UTF8, newline="") as lines, _fields_of_any_length():
        header = lines.readline().rstrip("\r\n").split("\t")
        if not set(header) & set(expected):
            return tagged(path)
        return _typed(csv.DictReader(lines, header, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True), path, above=1)


@contextlib.contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """Let `csv` read fields longer than the 131,072 characters that it takes for a mistake."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _typed(reader: csv.DictReader[str], path: Path, above: int = 0) -> list[Record]:
    """Cells are text; a label that is a number becomes one. `above` lines were read before the reader's first."""
    records: list[Record] = []
    row: dict[Any, Any]
    before = reader.line_num
    for row in reader:
        if None in row or None in row.values():
            header = list(reader.fieldnames or ())
            cells = sum(value is not None for name, value in row.items() if name is not None) + len(row.get(None, ()))
            hint = "; cells seem to be parted by semicolons: write them with commas" if ";" in header[0] else ""
            raise ValueError(
                f"the row that ends in line {reader.line_num + above} has {cells} cells, the header {len(header)}{hint}"
            )
        label = row.get("label", "")
        record = {**row, "label": int(label)} if label.removeprefix("-").isdecimal() else row
        lines, before = reader.line_num - before, reader.line_num
        within = 0 if lines == 1 else sum(len(_BREAK.findall(cell)) for cell in row.values())
        records.append(LinedRecord(record, path, before + above - within))
    return records


def tagged(path: Path) -> list[Record]:
    """jiant's format for tagging: `text<TAB>tags`, both separated by single blanks."""
    records: list[Record] = []
    for number, line in enumerate(read_lines(path), 1):
        cells = line.split("\t")
        if cells == [""]:
            continue
        if len(cells) != 2:
            raise ValueError(f"line {number} has {len(cells)} cells; `text<TAB>tags` is expected")
        records.append(LinedRecord({"words": cells[0].split(" "), "tags": cells[1].split(" ")}, path, number))
    return records


def _conll(path: Path) -> list[Record]:
    """A word a line, its tag in the last column, an empty line after each sentence.

    Before a sentence's first word there may be comments, lines from `# `; one that looks like the file's other lines (as
    many columns, a tag of theirs) is the word `#`.
    """
    records: list[Record] = []
    words: list[str] = []
    tags: list[str] = []
    first = 0
    lines = read_lines(path)
    split = [line.split("\t") if "\t" in line.strip(_ASCII) else _BLANKS.split(line.strip(_ASCII)) for line in lines]
    known = {(len(cells), cells[-1]) for line, cells in zip(lines, split, strict=True) if line[:2] != "# "}
    for number, (line, cells) in enumerate([*zip(lines, split, strict=True), ("", [])], 1):
        commented = line.startswith("-DOCSTART-") or (line.startswith("# ") and (len(cells), cells[-1]) not in known)
        if not line.strip(_ASCII):
            if words:
                records.append(LinedRecord({"words": words, "tags": tags}, path, first))
            words, tags = [], []
        elif words or not commented:
            if len(cells) < 2:
                raise ValueError(f"a line has no tag: {line!r}")
            first = first if words else number
            words.append(cells[0])
            tags.append(cells[-1])
    return records


def _conllu(path: Path) -> list[Record]:
    """Universal Dependencies: ten columns a word, of which the second is its form and the fourth its tag.

    Ranges of words that are written as one (1-2) and words that are not written (1.1) are left out.
    """
    records: list[Record] = []
    words: list[tuple[str, str]] = []
    first = 0
    for number, line in enumerate([*read_lines(path), ""], 1):
        cells = line.split("\t")
        if not line.strip(_ASCII):
            if words:
                sentence = {"words": [word for word, _ in words], "tags": [tag for _, tag in words]}
                records.append(LinedRecord(sentence, path, first))
            words = []
        elif not line.startswith("#"):
            if len(cells) != 10:
                raise ValueError(f"a line has {len(cells)} columns, not 10: {line!r}")
            if cells[0].isdecimal():
                first = first if words else number
                words.append((cells[1], cells[3]))
    return records


_LEAF = re.compile(r"<L ([^ ]+) [^ ]+ [^ ]+ ([^ ]+) [^ ]+>")


def _auto(path: Path) -> list[Record]:
    """CCGbank's derivations: a line of `ID=`, then one tree, whose leaves are `<L category POS POS word predicate>`."""
    records: list[Record] = []
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


READERS: Mapping[str, Callable[[Path], list[Record]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".conll": _conll,
    ".conllu": _conllu,
    ".auto": _auto,
}
