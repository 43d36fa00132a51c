"""BUCC's data as rows: two piles of sentences side by side, gold pairs together, the others as they come."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

Side = int | None


def piled(record: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Rows of a record with `sentence1`, `sentence2` (English) and `gold`, pairs of numbers from 1 (mteb/BUCC).

    Each row holds one sentence of either pile, while there are any. The two of a gold pair are one row, and these rows are
    spread evenly among the others, so that some first rows are as hard as all. An English sentence's key is its number.
    """
    foreign, english = record["sentence1"], record["sentence2"]
    answers: dict[Side, list[str]] = defaultdict(list)
    partner: dict[int, int] = {}
    held: set[int] = set()
    for one, other in record["gold"]:
        answers[one - 1].append(str(other))
        if one - 1 not in partner and other - 1 not in held:
            partner[one - 1] = other - 1
            held.add(other - 1)
    lonely: list[Side] = [number for number in range(len(foreign)) if number not in partner]
    free: list[Side] = [number for number in range(len(english)) if number not in held]
    size = max(len(lonely), len(free))
    others = list(zip(_padded(lonely, size), _padded(free, size), strict=True))
    return [
        {
            "id": f"{language}-{one + 1}" if one is not None else f"en-{(other or 0) + 1}",
            "query": "" if one is None else foreign[one],
            "candidate": "" if other is None else english[other],
            "key": "" if other is None else str(other + 1),
            "answers": answers.get(one, []),
        }
        for one, other in _spread(list(partner.items()), others)
    ]


def _padded(numbers: list[Side], size: int) -> list[Side]:
    return [*numbers, *[None] * (size - len(numbers))]


def _spread(few: list[Any], many: list[Any]) -> list[Any]:
    """All of both in their order, the first list's members at even distances, one of them first."""
    if not few:
        return many
    found = []
    for number, one in enumerate(few):
        found += [one, *many[number * len(many) // len(few) : (number + 1) * len(many) // len(few)]]
    return found
