"""Cyrillic: subject object verb, cases as suffixes, no articles."""

from adaptstilts.pocket.language import Language

LANGUAGE = Language(
    code="qab",
    name="Cyrillic",
    script="Cyrillic",
    order="SOV",
    verb=("V+past", "not V+past", "V+pass+past", "not V+pass+past"),
    syllables=tuple(c + v for c in "бвгджзклмнпрстхцчш" for v in "аеиоуя"),
    marks={"object": "-м"},
    plural="ы",
    affixes={"past": "ль", "pass": "сь"},
    letters=dict(zip("bdfgklmnprstvzaeiou", "бдфгклмнпрствзаеиоу", strict=True)),
)
