"""Words of a text said in another language, by longest match in a lexicon that knows no inflection."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from random import Random
from typing import NamedTuple

from adaptstilts.attacks.attack import Attacked, Scene
from adaptstilts.attacks.edits.board import Board
from adaptstilts.attacks.edits.editable import EditableField
from adaptstilts.attacks.edits.letters import REDRAWS
from adaptstilts.attacks.text.graphemes import Rewrite
from adaptstilts.attacks.text.scripts import ill_formed, manner_of
from adaptstilts.rows import Row

LONGEST_WORDS, LONGEST_CLUSTERS = 4, 8
"""How long an entry is that is looked for, in words, or in clusters where words are not spaced."""


class Match(NamedTuple):
    """An entry of the lexicon found in a field, in cluster indices."""

    field: int
    start: int
    end: int
    entry: str


def mixed(row: Row, scene: Scene, rng: Random) -> Attacked:
    """About `severity` of the row's words in another language, one at least; an entry is said the same way throughout.

    A passage that holds answers stays as it is. `edits` counts replaced entries, `rate` is those over the row's words.
    """
    board = Board(row, scene, choices=False)
    found = _by_entry(board, scene.lexicon)
    target = max(1, round(scene.severity * board.words))
    if scene.severity > 0 and found:
        for _ in range(1 + REDRAWS):
            chosen = _chosen(found, target, rng)
            said = {entry: rng.choice(scene.lexicon[entry]) for entry in sorted(chosen)}
            rewrites = _rewrites(board, [match for entry in sorted(chosen) for match in found[entry]], said)
            edits = {board.sheets[i].field.name: board.sheets[i].edited(each) for i, each in rewrites.items()}
            sound = not any(ill_formed(unicodedata.normalize("NFC", edit.text)) for edit in edits.values())
            if edits and sound and board.differs(edits):
                count = sum(map(len, rewrites.values()))
                return Attacked(scene.kind.replace(row, edits), "edited", count, count / board.words)
    return Attacked(row, "noop", 0, 0.0)


def _by_entry(board: Board, lexicon: Mapping[str, tuple[str, ...]]) -> dict[str, list[Match]]:
    """The matches of each entry, but for those that a field edited alike may not change in one place."""
    found: defaultdict[str, list[Match]] = defaultdict(list)
    locked = set[str]()
    for index, sheet in enumerate(board.sheets):
        if "distract" in board.scene.kind.edits and sheet.field.name == "context":
            continue
        for start, end, entry in _matches(sheet, lexicon):
            if any(sheet.locked[start:end]):
                locked.add(entry)
            else:
                found[entry].append(Match(index, start, end, entry))
    return {entry: matches for entry, matches in found.items() if entry not in locked}


def _matches(sheet: EditableField, lexicon: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, int, str]]:
    """The longest entries from left to right: of whole words, or of clusters where words are not spaced."""
    done = 0
    for index, run in enumerate(sheet.runs):
        start = max(run.start, done)
        while start < run.end:
            ends = _ends(sheet, index, start)
            texts = [(end, "".join(sheet.pieces[start:end]).casefold()) for end in ends]
            match = next(((end, text) for end, text in reversed(texts) if text in lexicon), None)
            if match:
                yield start, *match
            start = done = match[0] if match else start + 1
            if not manner_of(run.script).window:
                break


def _ends(sheet: EditableField, index: int, start: int) -> list[int]:
    run = sheet.runs[index]
    if manner_of(run.script).window:
        return list(range(start + 1, min(run.end, start + LONGEST_CLUSTERS) + 1))
    ends = [run.end] if start == run.start else []
    for before, after in zip(sheet.runs[index:], sheet.runs[index + 1 : index + LONGEST_WORDS], strict=False):
        if not ends or sheet.pieces[before.end : after.start] != [" "] or manner_of(after.script).window:
            break
        ends.append(after.end)
    return ends


def _chosen(found: Mapping[str, list[Match]], target: int, rng: Random) -> set[str]:
    """Entries in random order until their matches are `target`."""
    chosen, count = set[str](), 0
    for entry in rng.sample(sorted(found), len(found)):
        if count >= target:
            break
        chosen.add(entry)
        count += len(found[entry])
    return chosen


def _rewrites(board: Board, matches: list[Match], said: Mapping[str, str]) -> dict[int, list[Rewrite]]:
    rewrites: defaultdict[int, list[Rewrite]] = defaultdict(list)
    for field, start, end, entry in matches:
        first = board.sheets[field].pieces[start]
        new = said[entry]
        capital = first != first.lower()
        rewrites[field].append(Rewrite(start, end, (new[:1].upper() + new[1:] if capital else new,)))
    return dict(rewrites)
