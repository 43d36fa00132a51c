"""Which files of a folder hold which split and language of a task, as far as their names tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adaptstilts.attacks.text.languages import coded, long_code
from adaptstilts.data.files.folder import LABELS, OWN_SUFFIXES, STEMS
from adaptstilts.data.files.parted import WORDS
from adaptstilts.errors import InputError

_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,8})?")
_TOKEN = re.compile(r"[A-Za-z]+(?:-[A-Z][A-Za-z]+)?")


@dataclass(frozen=True)
class PlacedFile:
    """A file with its split and language (of both "" where its name tells none).

    `pattern` is its path below the folder with `{language}` for the language; a `usual` one is where a task's own rows are looked
    for whatever its declaration says.
    """

    path: Path
    split: str
    language: str
    pattern: str
    usual: bool


def home_of(folder: Path, name: str) -> Path:
    """Where the files of a task lie: the folder of its name, if there is one with files, else the folder itself."""
    own = folder / name
    return own if own.is_dir() and any(files_in(own)) else folder


def files_in(home: Path) -> list[Path]:
    """The files of rows below a folder, hidden ones aside."""
    found = [path for path in home.rglob("*") if path.suffix in OWN_SUFFIXES and path.is_file() and path.name != LABELS]
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(home).parts))


def placed(folder: Path, name: str) -> list[PlacedFile]:
    """The files of a task, below its home in a folder, whose names tell their split; all of them where none does."""
    home = home_of(folder, name)
    found = [_placed(path, home, name, own=home != folder) for path in files_in(home)]
    return [one for one in found if one.split] or found


def _placed(path: Path, home: Path, name: str, *, own: bool) -> PlacedFile:
    *folders, last = path.relative_to(home).parts
    stem = last.removesuffix(path.suffix)
    tokens = [token for token in _TOKEN.findall(stem) if token != name]
    split = next((WORDS[word.lower()] for word in (*tokens, *reversed(folders)) if word.lower() in WORDS), "")
    others = [token for token in tokens if token.lower() not in WORDS]
    bare = stem in WORDS  # the file is called by its split alone: its folder is a language's, known or not
    spoken = [part for part in folders if part.lower() not in WORDS and part != name and is_code(part, known=not bare)]
    if spoken:
        language = spoken[-1]
        pattern = "/".join("{language}" if part == language else part for part in (*folders, last))
    else:
        language = next((token for token in others if is_code(token)), "")
        shown = re.sub(rf"(?<![A-Za-z]){language}(?![A-Za-z])", "{language}", last, count=1) if language else last
        pattern = "/".join((*folders, shown))
    usual = own and stem in STEMS.get(split, ()) and pattern in (f"{{language}}/{last}", last)
    return PlacedFile(path, split, language, pattern, usual)


def is_code(text: str, *, known: bool = True) -> bool:
    """Whether a text is a language's code; a `known` one is in the tables of attacks."""
    codes = coded()
    base = re.split("[-_]", text)[0]
    return bool(_CODE.fullmatch(text)) and (not known or base in codes or base in map(long_code, codes))


def patterns(files: Iterable[PlacedFile], home: Path, *, usual: bool = True) -> Mapping[str, str]:
    """Split -> where a declaration has to say that its files are; empty where they lie as usual, if that may be.

    InputError where one pattern does not tell all files of a split.
    """
    found = list(files)
    if usual and all(one.usual for one in found):
        return {}
    told: dict[str, str] = {}
    for one in found:
        other = told.setdefault(one.split, one.pattern)
        if other != one.pattern:
            what = f"{one.split} rows lie in {other} and in {one.pattern}, which is no one rule"
            do = "Call the files NAME/LANGUAGE/SPLIT, as in movies/en/train.csv, with train, dev or test as the split."
            raise InputError(what, where=str(home), do=do)
    return told
