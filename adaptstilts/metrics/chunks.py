"""Chunk F1 of tag sequences as seqeval counts it, by its old and its new rule, and token accuracy; fractions in [0, 1].

XTREME's published POS and NER numbers come from seqeval 0.0.12, the default here as rule "old"; seqeval from 0.0.18 on
is rule "new" (checked against 1.2.2). On PER/ORG/LOC tags in BIO both agree; on bare POS tags they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from adaptstilts.errors import InputError

Rule = Literal["old", "new"]
Chunk = tuple[str, int, int]


def chunks(tags: Iterable[str], rule: Rule = "old") -> set[Chunk]:
    """The chunks of one tag sequence as (type, first, last), both ends included; InputError for an empty tag.

    A chunk ends where its type changes, too, so runs of one bare POS tag are chunks unless they begin with B, I, E, S
    or O.
    """
    found: set[Chunk] = set()
    first, mark, type_ = 0, "O", ""
    for i, tag in enumerate([*tags, "O"]):
        if not tag:
            raise InputError("an empty tag has no chunk", where=f"tag {i}")
        next_mark, next_type = tag[0], _type(tag, rule)
        changed = type_ != next_type
        if mark in "ES" or (mark in "BI" and next_mark in "BSO") or (mark not in "O." and changed):
            found.add((type_, first, i - 1))
        if next_mark in "BS" or (next_mark in "EI" and mark in "ESO") or (next_mark not in "O." and changed):
            first = i
        mark, type_ = next_mark, next_type
    return found


def chunk_scores(
    golds: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]], rule: Rule = "old"
) -> dict[str, float]:
    """Micro `{"precision", "recall", "f1"}` over a corpus of sentences of tags; 0 / 0 counts as 0.

    All sentences are joined with one O after each, as seqeval does. The old rule never compares lengths, so a sentence
    cut short shifts what follows; the new rule raises InputError for unequal lengths and for an empty corpus.
    """
    if rule == "new":
        _same_lengths(golds, predictions)
    gold, said = chunks(_joined(golds), rule), chunks(_joined(predictions), rule)
    right = len(gold & said)
    precision = right / len(said) if said else 0.0
    recall = right / len(gold) if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def token_accuracy(golds: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]) -> float:
    """The share of words with the right tag; InputError for unequal lengths and for no words at all."""
    _same_lengths(golds, predictions)
    total = sum(map(len, golds))
    if not total:
        raise InputError("there is nothing to score: no tags")
    return (
        sum(g == p for gold, said in zip(golds, predictions, strict=True) for g, p in zip(gold, said, strict=True))
        / total
    )


def _joined(sentences: Sequence[Sequence[str]]) -> list[str]:
    return [tag for sentence in sentences for tag in (*sentence, "O")]


def _type(tag: str, rule: Rule) -> str:
    if rule == "old":
        return tag.rsplit("-", 1)[-1]
    return tag[1:].split("-", 1)[-1] or "_"


def _same_lengths(golds: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]) -> None:
    if len(golds) != len(predictions):
        raise InputError(f"{len(golds)} gold sentences but {len(predictions)} predicted ones")
    if not golds:
        raise InputError("there is nothing to score: no sentences")
    for i, (gold, said) in enumerate(zip(golds, predictions, strict=True)):
        if len(gold) != len(said):
            raise InputError(f"{len(gold)} gold tags but {len(said)} predicted ones", where=f"sentence {i}")
