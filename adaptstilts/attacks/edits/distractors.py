"""Text beside the point: neutral addresses, and the sentence of another passage that looks most like the question."""

from __future__ import annotations

import string
import unicodedata
from functools import lru_cache
from random import Random
from typing import NamedTuple, cast

import regex

from adaptstilts.attacks.attack import Attacked, Scene
from adaptstilts.attacks.edits.editable import CHOICES
from adaptstilts.attacks.edits.fields import reaches_model
from adaptstilts.attacks.text.graphemes import Rewrite, appended, clusters, rewritten
from adaptstilts.kinds.kind import Edited
from adaptstilts.rows import Row, SpanRow

_SENTENCE = regex.compile(
    r".+?(?:[.!?\u06d4\u061f\u0964\u104b\u17d4\u1362]+(?=\s|$)|[\u3002\uff01\uff1f]+|\n|$)", regex.DOTALL
)
_CLOSING = regex.compile(r"[\p{Sentence_Terminal}\s]")
_SHORTEST, _LONGEST = 15, 300  # characters: no headings, no whole passages where a script writes no full stop
_FULL_WIDTH = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")


def add_address(row: Row, scene: Scene, rng: Random) -> Attacked:
    """The same random web address or handle behind the first field and those of its group (CheckList's INV test)."""
    fields = [f for f in scene.kind.fields(row, scene.task) if f.text and f.group != CHOICES]
    if not fields:
        return Attacked(row, "noop", 0, 0.0)
    code = "".join(rng.choices(string.ascii_letters, k=6))
    suffix = rng.choice((f" https://t.co/{code}", f" @{code}"))
    group = fields[0].group
    edits = {f.name: appended(f.text, suffix) for f in fields if f is fields[0] or (group and f.group == group)}
    return _added(row, scene, edits, [f.text for f in fields if f.name in edits])


def add_sentence(row: Row, scene: Scene) -> Attacked:
    """Behind the context, a sentence of another passage: the one whose character 3-grams are most like the question's.

    A weak AddOneSent (Jia & Liang 2017) that needs no grammar. The sentence contains no gold answer, so those in the
    context stay the only ones. Rows without an answer are left alone ("noop"): a foreign sentence could answer them.
    Draws nothing at random.
    """
    asked = cast(SpanRow, row)
    golds = [plain for answer in asked.answers if (plain := _plain(answer.text))]
    others = scene.parallel.get(scene.language, {}).values()
    contexts = tuple(sorted({cast(SpanRow, other).context for other in others}))
    wanted, own = _trigrams(asked.question), unicodedata.normalize("NFC", asked.context)
    elsewhere = [s for s in _sentences(contexts) if s.text not in own]
    allowed = [s for s in elsewhere if not any(gold in s.plain for gold in golds)]
    if not golds or not wanted or not allowed:
        return Attacked(row, "noop", 0, 0.0)
    best = max(allowed, key=lambda s: len(wanted & s.grams) / len(wanted | s.grams))
    gap = "" if _FULL_WIDTH.match(best.text[-2:-1]) or asked.context[-1:].isspace() else " "
    edit = appended(asked.context, gap + best.text)
    return _added(row, scene, {"context": edit}, [asked.context])


def add_tautology(row: Row, scene: Scene) -> Attacked:
    """The scene's tautology ("and true is true", Naik et al. 2018) at the end of the last field, before its final mark."""
    field = scene.kind.fields(row, scene.task)[-1]
    pieces = clusters(field.text)
    end = len(pieces)
    while end and _CLOSING.match(pieces[end - 1]):
        end -= 1
    gap = "" if _FULL_WIDTH.match(field.text[-2:-1]) else " "
    edit = rewritten(pieces, [Rewrite(end, end, (gap + scene.tautology,))])
    return _added(row, scene, {field.name: edit}, [field.text])


def _added(row: Row, scene: Scene, edits: dict[str, Edited], before: list[str]) -> Attacked:
    after = scene.kind.replace(row, edits)
    told_apart = any(scene.survives(old, edit.text) for old, edit in zip(before, edits.values(), strict=True))
    if not told_apart or not reaches_model(row, after, scene):
        return Attacked(row, "noop", 0, 0.0)
    old = sum(len(clusters(text)) for text in before)
    count = sum(len(clusters(edit.text)) for edit in edits.values()) - old
    return Attacked(after, "edited", count, count / old)


class _Sentence(NamedTuple):
    text: str
    plain: str
    grams: frozenset[str]


@lru_cache(maxsize=8)
def _sentences(contexts: tuple[str, ...]) -> tuple[_Sentence, ...]:
    composed = (unicodedata.normalize("NFC", text) for text in contexts)
    found = (match.group().strip() for text in composed for match in _SENTENCE.finditer(text))
    fitting = dict.fromkeys(s for s in found if _SHORTEST <= len(s) <= _LONGEST)
    return tuple(_Sentence(s, _plain(s), _trigrams(s)) for s in fitting)


def _plain(text: str) -> str:
    """Case, compatibility forms, punctuation and blanks aside."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return str(regex.sub(r"[\s\p{P}]+", " ", folded).strip())


def _trigrams(text: str) -> frozenset[str]:
    plain = _plain(text)
    return frozenset(plain[i : i + 3] for i in range(len(plain) - 2))
