"""How often each label stands in each language, and which of them look like mistakes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from adaptstilts.numerals import first_of

Tallies = Mapping[tuple[str, str], Counter[str]]
"""(split, language) -> label -> how many rows, or words, have it."""

SHOWN = 20
"""So many labels are named, the rest is counted."""


def by_language(tallies: Tallies) -> dict[str, Counter[str]]:
    """Language -> label -> how often it stands there, in all splits."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, language), counts in sorted(tallies.items()):
        found[language].update(counts)
    return dict(found)


def doubts(tallies: Tallies, trained_in: str) -> Iterator[str]:
    """Labels that are spelt in several ways, and those that a head does not learn from the rows it trains on."""
    everywhere = {label for counts in tallies.values() for label in counts}
    spelt: dict[str, list[str]] = defaultdict(list)
    for label in sorted(everywhere):
        spelt[label.strip().casefold()].append(label)
    several = [" ".join(map(repr, each)) for each in spelt.values() if len(each) > 1]
    if several:
        yield f"labels that differ in case or in blanks at the ends only: {first_of(several, SHOWN)} (make them one in the files)"
    learnt = tallies.get(("train", trained_in), Counter())
    absent = sorted(everywhere - set(learnt))
    if learnt and absent:
        yield f"labels that no training row in {trained_in} has, so that none is predicted rightly: {first_of([*map(repr, absent)], SHOWN)}"


def told(counts: Mapping[str, int]) -> str:
    """The labels with their counts, the most frequent first."""
    shown = [
        f"{label if label == label.strip() else repr(label)} {count:,}"
        for label, count in Counter(counts).most_common()
    ]
    return first_of(shown, SHOWN)
