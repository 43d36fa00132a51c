"""Running text that belongs to no task: sentences for masked-language modelling, of a user's file or a source."""

from __future__ import annotations

from pathlib import Path

from adaptstilts import ids
from adaptstilts.data.sources import DataSource
from adaptstilts.errors import InputError
from adaptstilts.files import read_lines


def text_identity(path: str, source: DataSource) -> str:
    """What decides the sentences, as canonical JSON; InputError where there are none to be had."""
    return ids.canonical({"text": ids.files_digest([_file(path)])} if path else source.text_identity())


def sentences(path: str, source: DataSource) -> list[str]:
    """The sentences; the file's lines, blank ones left out. InputError as `text_identity`, or for an empty file."""
    if not path:
        return source.sentences()
    lines = [line.strip() for line in read_lines(_file(path))]
    found = [line for line in lines if line]
    if not found:
        raise InputError("the file holds no sentence", where=path, do="Write one sentence a line.")
    return found


def _file(path: str) -> Path:
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError("there is no such text file", where=path, do="Name a UTF-8 file with one sentence a line.")
    return file
