"""Arabic script: verb subject object, adjective after its noun, the object marked by a particle."""

from adaptstilts.pocket.language import Language

LANGUAGE = Language(
    code="qac",
    name="Arabic-script",
    script="Arabic",
    order="VSO",
    adjective_after=True,
    verb=("past+V", "not past+V", "pass+V", "not pass+V"),
    syllables=tuple(a + b for a in "بتثجحخدذرزسشصضطعغفقكلمنه" for b in ("ا", "و", "ي", "ر", "ل")),
    lengths=(2, 2),
    marks={"object": "ات"},
    plural="ون",
    affixes={"past": "ت", "pass": "ان"},
    question="؟",
    letters=dict(zip("bdfgklmnprstvzaeiou", "بدفغكلمنپرستڤزاهيوع", strict=True)),
)
