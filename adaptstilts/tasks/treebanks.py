"""Universal Dependencies of the languages that XTREME-R adds: treebanks, and their records as XTREME's."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source

_ID = "commul/universal_dependencies"
_BANKS = {"lt": "alksnis hse", "pl": "lfg pdb pud", "ro": "nonstandard rrt simonero", "uk": "iu", "wo": "wtb"}
_TEST_ONLY = "pud"

LANGUAGES = tuple(_BANKS)


def treebanks(split: str) -> tuple[Source, ...]:
    """One source per language and treebank; all treebanks of a language are one set, as in XTREME-R."""
    return tuple(
        Source(_ID, f"{code}_{bank}", split, language=code)
        for code, banks in _BANKS.items()
        for bank in banks.split()
        if split == "test" or bank != _TEST_ONLY
    )


def tagged(record: dict[str, Any], language: str) -> dict[str, Any]:
    """A treebank's `upos` as `pos_tags`, ranges of words that are written as one (tagged `_`) left out."""
    if "upos" not in record:
        return record
    words, tags = list(record["tokens"]), list(record["upos"])
    if len(words) != len(tags):  # for the kind to refuse
        return {"tokens": words, "pos_tags": tags}
    kept = [(word, tag) for word, tag in zip(words, tags, strict=True) if tag != "_"]
    return {"tokens": [word for word, _ in kept], "pos_tags": [tag for _, tag in kept]}
