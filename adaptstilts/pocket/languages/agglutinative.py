"""Georgian script, agglutinative: subject object verb, every role, number, place and form of a verb in a chain of suffixes."""

from adaptstilts.pocket.language import Language

LANGUAGE = Language(
    code="qaf",
    name="Agglutinative",
    script="Georgian",
    order="SOV",
    adpositions="suffix",
    verb=("V+past", "V+neg+past", "V+pass+past", "V+pass+neg+past"),
    syllables=tuple(c + v for c in "ბგდვზთკლმნპჟრსტღყშჩცძჭხჯ" for v in "აეიოუ"),
    marks={"object": "-სა"},
    plural="ებ",
    affixes={"past": "და", "neg": "არ", "pass": "ული"},
    letters=dict(zip("bdfgklmnprstvzaeiou", "ბდფგკლმნპრსტვზაეიოუ", strict=True)),
)
