"""What attacks know of languages: the script each is written in, and its other code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files


def table(name: str) -> Iterator[list[str]]:
    """The lines of one of the package's tables as columns, comments aside."""
    text = (files("adaptstilts.attacks") / "tables" / name).read_text(encoding="utf-8")
    for line in text.split("\n"):
        if line and not line.startswith("# "):
            yield line.split("\t")


@cache
def _languages() -> dict[str, tuple[str, str]]:
    return {code: (long, script) for code, long, script in table("languages.tsv")}


def coded() -> tuple[str, ...]:
    """The codes of the languages that the table has."""
    return tuple(_languages())


def script_of_language(code: str) -> str:
    """The script a language is mostly written in, by Unicode's name, or "" for one that the table lacks."""
    return _languages().get(code, ("", ""))[1]


def long_code(code: str) -> str:
    """The ISO 639-3 code (of the macrolanguage where there is one) for a two-letter code, or the code itself."""
    return _languages().get(code, (code, ""))[0]


def writes_in(*scripts: str) -> Callable[[str], bool]:
    """Tells whether a language is written in one of some scripts; one that the table lacks may be, its texts decide."""
    return lambda code: script_of_language(code) in ("", *scripts)
