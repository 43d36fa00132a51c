"""The languages of the pocket lab, one file each; the file's LANGUAGE is registered by being here."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from adaptstilts.errors import UnknownName
from adaptstilts.pocket.language import Language


@cache
def languages() -> dict[str, Language]:
    """Code -> declaration, English first, then by code."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__")
    found = [importlib.import_module(f"{__name__}.{name}").LANGUAGE for name in names]
    return {language.code: language for language in sorted(found, key=lambda x: (x.code != "en", x.code))}


def language(code: str) -> Language:
    """The declaration of one language; raises UnknownName."""
    if code not in languages():
        raise UnknownName("pocket language", code, languages())
    return languages()[code]
