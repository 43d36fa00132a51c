"""Sentences lose the mark that ends them, or get one where they had none."""

from collections.abc import Callable
from functools import partial
from random import Random

import regex

from adaptstilts.attacks import Attack, Attacked, Scene
from adaptstilts.attacks.edits.editable import EditableField
from adaptstilts.attacks.edits.fields import of_fields
from adaptstilts.attacks.text.graphemes import Rewrite
from adaptstilts.rows import Row

_ENDS = regex.compile(r"(?:[\p{Sentence_Terminal}\u2026\u037e\u1362\u1367]|(?<=\p{Greek}\p{M}*);)$")

STOPS = {
    "hi": "।", "ne": "।", "bn": "।", "pa": "।", "ur": "۔", "zh": "。", "ja": "。", "my": "။", "km": "។", "am": "።",
    "hy": "։", "th": "", "lo": "",
}  # fmt: skip
"""The full stop of languages that do not write "."; Thai and Lao write none."""

QUESTIONS = {
    "ar": "؟", "fa": "؟", "ur": "؟", "zh": "？", "ja": "？", "el": ";", "am": "፧", "hy": "", "th": "", "lo": "", "my": "", "km": "",
}  # fmt: skip
"""The question mark of languages that do not write "?" at the end."""

_ASKING = "question"


def perturb(row: Row, scene: Scene, rng: Random) -> Attacked:
    """Draws which; the same draw again changes nothing more."""
    add = partial(_added, language=scene.language)
    change: Callable[[EditableField], list[Rewrite]] = rng.choice((_stripped, add))
    return of_fields(row, scene, change)


def _end(sheet: EditableField) -> int:
    """Where the text ends, blanks behind it aside."""
    return max((i + 1 for i, piece in enumerate(sheet.pieces) if not piece.isspace()), default=0)


def _marks(sheet: EditableField) -> int:
    """Where the marks at the end start."""
    start = end = _end(sheet)
    text = "".join(sheet.pieces[:end])
    while start and _ENDS.search(text):
        start -= 1
        text = "".join(sheet.pieces[:start])
    return start


def _stripped(sheet: EditableField) -> list[Rewrite]:
    start, end = _marks(sheet), _end(sheet)
    if start in (0, end) or any(sheet.locked[start:end]):
        return []
    return [Rewrite(start, end, ())]


def _added(sheet: EditableField, language: str) -> list[Rewrite]:
    end = _end(sheet)
    mark = QUESTIONS.get(language, "?") if sheet.field.name == _ASKING else STOPS.get(language, ".")
    if not mark or not end or _marks(sheet) < end or sheet.locked[end - 1]:
        return []
    return [Rewrite(end, end, (mark,))]


attack = Attack(
    name="punct",
    summary="the mark that ends a sentence is left out, or one is added: danda, 。 and ؟ as the language writes them",
    family="static",
    needs=frozenset({"punctuation"}),
    perturb=perturb,
    citation="Ribeiro et al. 2020 (CheckList)",
)
