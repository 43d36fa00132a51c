"""A user's own tables: bilingual lexicons, and clauses that change no label."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from adaptstilts.attacks.text.languages import long_code
from adaptstilts.errors import DataMissing, InputError
from adaptstilts.files import read_lines

Lexicon = Mapping[str, tuple[str, ...]]


def read_lexicon(path: Path, language: str) -> Lexicon:
    """The translations of a language's words, by word in lower case (casefolded NFC).

    Two formats. MUSE: a word, a blank or tab, and its translation, one pair a line; the file's name starts with the
    language (`de-en.txt`), or the file is all of that language. PanLex-like: four columns split by tabs, which are language,
    expression, language, translation; languages are two- or three-letter codes, PanLex's varieties (`deu-000`) too, and
    expressions may have several words. Lines that start with # are skipped. Raises DataMissing without the file, InputError
    for a line that is neither, for a MUSE file of another language, and if nothing is left for this one.
    """
    found: dict[str, dict[str, None]] = {}
    for where, line in _lines(path, "lexicon", "Give a file in MUSE's or PanLex's format."):
        source, word, translation = _columns(line, where) if "\t" in line else _pair(line.split(" "), where)
        if (not source or _same(source, language)) and word != translation:
            found.setdefault(word.casefold(), {})[translation] = None
    stem = path.stem.split("-")
    if len(stem) == 2 and all(len(part) in (2, 3) for part in stem) and not _same(stem[0], language) and found:
        raise InputError(
            f"this lexicon is of {stem[0]!r}, not {language!r}", where=str(path), do="Name one of its own."
        )
    if not found:
        raise InputError(f"nothing in this lexicon is of {language!r}", where=str(path), do="See `read_lexicon`.")
    return {word: tuple(translations) for word, translations in found.items()}


def read_tautologies(path: Path) -> Mapping[str, str]:
    """A clause per language, two columns split by a tab: `en<TAB>and true is true`. Raises as `read_lexicon`."""
    found = {}
    for where, line in _lines(path, "table", "Give a file of language, tab, clause."):
        columns = line.split("\t")
        if len(columns) != 2 or not all(column.strip() for column in columns):
            raise InputError("a language, a tab and a clause are expected", where=where)
        found[columns[0].strip()] = _plain(columns[1])
    return found


def _lines(path: Path, what: str, do: str) -> Iterator[tuple[str, str]]:
    """The lines that say something, each behind where it stands; DataMissing without the file."""
    if not path.is_file():
        raise DataMissing(f"there is no such {what}", where=str(path), do=do)
    for number, line in enumerate(read_lines(path), 1):
        if line.strip() and not line.startswith("#"):
            yield f"{path}, line {number}", line


def _columns(line: str, where: str) -> tuple[str, str, str]:
    columns = line.split("\t")
    if len(columns) == 4:
        language, (_, word, translation) = columns[0].strip(), _pair([columns[1], columns[3]], where)
        return language, word, translation
    return _pair(columns, where)


def _pair(parts: Iterable[str], where: str) -> tuple[str, str, str]:
    words = [_plain(part) for part in parts if part.strip()]
    if len(words) != 2:
        raise InputError(f"{len(words)} entries; a word and its translation are expected", where=where)
    return "", words[0], words[1]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _same(code: str, language: str) -> bool:
    """Whether two codes name one language, varieties and length of the code aside."""
    one, other = (part.split("-")[0].lower() for part in (code, language))
    return long_code(one) == long_code(other)
