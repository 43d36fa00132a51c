"""Names and numbers: found in tagged rows and in plain sentences, and swapped for others of their type."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import NamedTuple, cast

import regex

from adaptstilts.attacks.attack import Attacked, Scene
from adaptstilts.kinds.kind import Facts
from adaptstilts.rows import RetrievalRow, Row, TaggingRow

Gazetteer = Mapping[str, tuple[tuple[str, ...], ...]]

_NUMBER = regex.compile(r"(?<![\p{L}\p{N}])\p{Nd}+(?![\p{L}\p{N}])")
_NAME = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}[\p{L}\p{M}'’-]{2,}")  # a capital inside a sentence


class Mention(NamedTuple):
    """An entity of a row: its type and the words from `start` up to `end`."""

    type: str
    start: int
    end: int


def mentions(tags: Sequence[str]) -> list[Mention]:
    """The entities of a BIO sequence, strictly: B- starts one, I- of the same type goes on; any other I- is none."""
    found: list[Mention] = []
    for i, tag in enumerate(tags):
        prefix, _, type_ = tag.partition("-")
        if prefix == "B" and type_:
            found.append(Mention(type_, i, i + 1))
        elif prefix == "I" and found and found[-1].type == type_ and found[-1].end == i:
            found[-1] = found[-1]._replace(end=i + 1)
    return found


def mentions_of_rows(rows: Iterable[Row], facts: Facts) -> Gazetteer:
    """Every different mention of each type in tagged rows, in order: what `Scene.gazetteer` wants, of train and dev rows."""
    found: defaultdict[str, dict[tuple[str, ...], None]] = defaultdict(dict)
    for row in cast("Iterable[TaggingRow]", rows):
        words = tuple(unicodedata.normalize("NFC", word) for word in row.words)
        for mention in mentions([facts.labels[tag] for tag in row.tags]):
            found[mention.type][words[mention.start : mention.end]] = None
    return {type_: tuple(sorted(each)) for type_, each in sorted(found.items())}


def swap_mentions(row: TaggingRow, scene: Scene, rng: Random) -> Attacked:
    """Every mention becomes another of its type, with as many words where there is one, else the tags follow its length.

    The types of the row stay in order. `edits` counts mentions, `rate` is changed mentions over all.
    """
    labels = scene.task.labels
    words, tags = list(row.words), list(row.tags)
    swapped, every = 0, mentions([labels[tag] for tag in row.tags])
    for type_, start, end in reversed(every):
        new = _other(row.words[start:end], scene.gazetteer.get(type_, ()), rng)
        if new and (len(new) == 1 or f"I-{type_}" in labels):
            names = [f"B-{type_}", *[f"I-{type_}"] * (len(new) - 1)]
            words[start:end], tags[start:end] = new, [labels.index(name) for name in names]
            swapped += 1
    if not swapped or not scene.survives(" ".join(row.words), " ".join(words)):
        return Attacked(row, "noop", 0, 0.0)
    return Attacked(replace(row, words=tuple(words), tags=tuple(tags)), "edited", swapped, swapped / len(every))


def _other(old: Sequence[str], known: Sequence[tuple[str, ...]], rng: Random) -> tuple[str, ...]:
    plain = [word.casefold() for word in old]
    others = [mention for mention in known if [word.casefold() for word in mention] != plain]
    equal = [mention for mention in others if len(mention) == len(old)]
    return rng.choice(equal or others) if others else ()


def add_false_candidate(row: RetrievalRow, scene: Scene, rng: Random) -> Attacked:
    """Beside the row a rival: what it should find with another number or name, which is no translation any more (xSIM++).

    A number gets other digits; where there is none a name, which is a word with a capital inside a sentence, becomes a name
    of another candidate. The rival has no query, and is in no pool. `edits` counts the changed words.
    """
    pool = [cast("RetrievalRow", other) for other in scene.parallel.get(scene.language, {}).values()]
    texts = tuple(sorted({other.candidate for other in [*pool, row]}))
    gold = next((other for other in pool if other.key in row.answers), None) if row.keyed else row
    if gold is None or not row.asks:
        return Attacked(row, "noop", 0, 0.0)
    altered = _other_number(gold.candidate, rng) or _other_name(gold.candidate, _names(texts), rng)
    if not altered or altered in texts or not scene.survives(gold.candidate, altered):
        return Attacked(row, "noop", 0, 0.0)
    key = f"{gold.key}~{row.id}" if gold.key else ""
    rival = replace(gold, id=f"{row.id}~altered", query="", candidate=altered, key=key, answers=())
    return Attacked(row, "edited", 1, 1 / len(gold.candidate.split()), rivals=(rival,))


def _other_number(text: str, rng: Random) -> str:
    """The text with the digits of one number changed, the first not into zero; "" where it has no number."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return ""
    number = rng.choice(found)
    place = rng.randrange(len(number.group()))
    old = number.group()[place]
    zero = ord(old) - unicodedata.decimal(old)
    digits = [chr(zero + i) for i in range(place == 0, 10) if chr(zero + i) != old]
    at = number.start() + place
    return text[:at] + rng.choice(digits) + text[at + 1 :]


def _other_name(text: str, names: Sequence[str], rng: Random) -> str:
    """The text with one name changed throughout; "" where it has none, or there is no other."""
    own = sorted({match.group() for match in _NAME.finditer(text)})
    others = [name for name in names if name not in own]
    if not own or not others:
        return ""
    name = rng.choice(own)
    return str(regex.sub(rf"\b{regex.escape(name)}\b", rng.choice(others), text))


@lru_cache(maxsize=8)
def _names(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({match.group() for text in texts for match in _NAME.finditer(text)}))
