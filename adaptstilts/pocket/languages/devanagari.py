"""Devanagari: subject object verb, roles and places by postpositions; every syllable is a letter with its sign."""

from adaptstilts.pocket.language import Language

_CONSONANTS = dict(zip("bdfgklmnprstvz", "बदफगकलमनपरसतवज", strict=True))
_SIGNS = dict(zip("aeiou", ("ा", "े", "ि", "ो", "ु"), strict=True))

LANGUAGE = Language(
    code="qad",
    name="Devanagari",
    script="Devanagari",
    order="SOV",
    adpositions="after",
    verb=("V+past", "not V+past", "V+past pass", "not V+past pass"),
    syllables=tuple(c + s for c in "कखगघचजटडतदनपबमयरलवसह" for s in ("ा", "ि", "ी", "ु", "े", "ो")),
    lengths=(2, 2),
    marks={"subject": "ने", "object": "को"},
    plural="एं",
    affixes={"past": "या", "pass": "गया"},
    stop="।",
    letters={c + v: _CONSONANTS[c] + _SIGNS[v] for c in _CONSONANTS for v in _SIGNS},
)
