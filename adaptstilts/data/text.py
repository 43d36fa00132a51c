"""Running text and dictionaries that belong to no task: sentences for masked-language modelling, translations of words."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from adaptstilts import ids
from adaptstilts.data.where import Where
from adaptstilts.errors import InputError

POCKET = 400
"""Sentences of each language of the pocket lab."""


def text_identity(path: str, where: Where) -> str:
    """What decides the sentences, as canonical JSON; InputError where there are none to be had."""
    if path:
        return ids.canonical({"text": ids.files_digest([_file(path)])})
    if where.place == "pocket":
        from adaptstilts import pocket

        return ids.canonical({"pocket": pocket.VERSION, "sentences": POCKET})
    do = "Name a file with one sentence a line, in as many languages as wanted: --set data.text=FILE."
    raise InputError("masked-language modelling needs running text", where="data.text", do=do)


def sentences(path: str, where: Where) -> list[str]:
    """The sentences; the file's lines, blank ones left out. InputError as `text_identity`, or for an empty file."""
    text_identity(path, where)
    if not path:
        from adaptstilts import pocket

        return [sentence for language in pocket.LANGUAGES for sentence in pocket.sample(language, POCKET)]
    lines = [line.strip() for line in _file(path).read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if line]
    if not found:
        raise InputError("the file holds no sentence", where=path, do="Write one sentence a line.")
    return found


def pocket_lexicon(language: str) -> dict[str, tuple[str, ...]]:
    """Words of one of the pocket lab's languages, casefolded, in English; those of English in all the others."""
    from adaptstilts import pocket

    found: dict[str, list[str]] = {}
    for other in pocket.LANGUAGES if language == "en" else (language,):
        if other == "en":
            continue
        for english, forms in pocket.lexicon(other).items():
            pairs = [(english, form) for form in forms] if language == "en" else [(form, english) for form in forms]
            for word, said in pairs:
                found.setdefault(unicodedata.normalize("NFC", word).casefold(), []).append(said)
    return {word: tuple(dict.fromkeys(forms)) for word, forms in found.items()}


def _file(path: str) -> Path:
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError("there is no such text file", where=path, do="Name a UTF-8 file with one sentence a line.")
    return file
