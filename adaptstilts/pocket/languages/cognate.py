"""Latin cognates of the English-like words: subject verb object, adjective after its noun."""

from adaptstilts.pocket.language import Language

_CHANGED = "ck~qu sh~x th~t wh~qu ee~i oo~u w~v k~c y~i gh~g"

LANGUAGE = Language(
    code="qaa",
    name="Cognate",
    script="Latin",
    order="SVO",
    articles=True,
    adjective_after=True,
    verb=("V+past", "not V+past", "was V+part", "was not V+part"),
    plural="s",
    affixes={"past": "va", "part": "ta"},
    cognate=dict(pair.split("~") for pair in _CHANGED.split()),
    endings=("o", "a", "um", "is"),
)
