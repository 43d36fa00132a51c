"""English-like: the source language, subject verb object, with articles."""

from adaptstilts.pocket.language import Language

LANGUAGE = Language(
    code="en",
    name="English-like",
    script="Latin",
    order="SVO",
    articles=True,
    verb=("V+past", "did not V", "was V+past", "was not V+past"),
    plural="s",
    affixes={"past": "ed"},
)
