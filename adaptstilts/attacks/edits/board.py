"""A row laid out for letter edits: the words that may change, which edits of them are sound, and the rows they make."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from adaptstilts.attacks.attack import Given, Scene, Tested
from adaptstilts.attacks.edits.editable import CHOICES, EditableField
from adaptstilts.attacks.text.graphemes import Rewrite, Run, clusters, overlap, rewrite_clusters
from adaptstilts.attacks.text.scripts import ill_formed, manner_of
from adaptstilts.kinds.kind import Edited
from adaptstilts.rows import Row

Word = tuple[str, ...]
LetterEdit = Callable[[Word, range, Scene], Iterable[Rewrite]]
"""One kind of letter edit: every single edit of a word, given as clusters, that changes only the clusters in the range.
Indices count from the word's start."""


class Spot(NamedTuple):
    """One occurrence of a word: its field, its clusters from `start` up to `end`, and the run of letters around it."""

    field: int
    start: int
    end: int
    run: Run


@dataclass(frozen=True)
class Unit:
    """What is edited at once: one occurrence, or all occurrences of a word type where fields must be edited alike."""

    spots: tuple[Spot, ...]
    choice: bool = False


Step = tuple[tuple[Spot, Rewrite], ...]
"""One edit of a unit: the same change at each of its spots, in cluster indices of the field."""

Laid = Mapping[tuple[int, Run], Sequence[Rewrite]]
"""The rewrites that stand already, by field and run."""

_NONE: Laid = MappingProxyType({})


def lay(steps: Iterable[Step]) -> defaultdict[tuple[int, Run], list[Rewrite]]:
    """The rewrites of some edits by field and run."""
    laid: defaultdict[tuple[int, Run], list[Rewrite]] = defaultdict(list)
    for step in steps:
        for spot, rewrite in step:
            laid[spot.field, spot.run].append(rewrite)
    return laid


def size(steps: Iterable[Step]) -> int:
    """Grapheme edits in all."""
    return sum(map(len, steps))


def clear(step: Step, laid: Laid) -> bool:
    """Whether the edit touches no cluster that one of those laid does."""
    return not any(overlap(rewrite, other) for spot, rewrite in step for other in laid.get((spot.field, spot.run), ()))


class Board:
    """The editable fields of a row, as far as the model is given them.

    Every method is a pure function of row, scene and arguments; `tested` remembers which changes of a word were put to
    the tokenizer, and whether it told them apart, `listed` the edits of a word that searches share.
    """

    def __init__(self, row: Row, scene: Scene, *, tiled: bool = False, choices: bool = True) -> None:
        self.row, self.scene = row, scene
        fields = scene.kind.fields(row, scene.task)
        self.sheets = [EditableField(f) for f in fields if f.text and (choices or f.group != CHOICES)]
        self.folded = [[piece.casefold() for piece in sheet.pieces] for sheet in self.sheets]
        self.tested: dict[tuple[str, str], bool] = {}
        self.listed: dict[Unit, list[Step]] = {}
        laid_out = [
            [Spot(i, s, e, run) for run, s, e in sheet.words(tiled=tiled)] for i, sheet in enumerate(self.sheets)
        ]
        self.cut = self._cut()
        spots = self._given(laid_out) if self.cut else laid_out
        ends = [
            found[-1].end if self.cut and found else len(s.raw) for s, found in zip(self.sheets, spots, strict=True)
        ]
        self.words = sum(sheet.length(end) for sheet, end in zip(self.sheets, ends, strict=True))
        self.free = [len({s.start + i for s in found for i in free_of(s)}) for found in spots]
        self.units = self._units(spots)

    @property
    def editable(self) -> int:
        """Clusters that may change; `free` has them field by field."""
        return sum(self.free)

    def _cut(self) -> Given | None:
        """What the model is given of the row, if that is not all of it."""
        if self.scene.given is None:
            return None
        (found,) = self.scene.given([self.row_with(())])
        return found if found.cut else None

    def _given(self, spots: Sequence[Sequence[Spot]]) -> list[list[Spot]]:
        """The spots without which the model would be given something else: what lies behind a cut cannot be attacked."""
        if self.scene.given is None or self.cut is None:
            return [list(found) for found in spots]
        without = iter(self.scene.given([self.row_with([self.blank([spot])]) for found in spots for spot in found]))
        return [[spot for spot in found if next(without).ids != self.cut.ids] for found in spots]

    def _units(self, spots: Sequence[Sequence[Spot]]) -> list[Unit]:
        units: list[Unit] = []
        alike: defaultdict[tuple[str, ...], list[Spot]] = defaultdict(list)
        for sheet, found in zip(self.sheets, spots, strict=True):
            group = sheet.field.group
            if group in ("", CHOICES):
                units += [Unit((spot,), choice=group == CHOICES) for spot in found]
                continue
            for spot in found:
                alike[(group, *self.folded[spot.field][spot.start : spot.end])].append(spot)
        return units + [Unit(unit) for group in alike.values() if (unit := self._everywhere(group))]

    def _everywhere(self, found: list[Spot]) -> tuple[Spot, ...]:
        """All occurrences of a word type, none overlapping another; none at all if one of them is locked."""
        first = found[0]
        width, group = first.end - first.start, self.sheets[first.field].field.group
        word = self.folded[first.field][first.start : first.end]
        spots: list[Spot] = []
        for index, (sheet, folded) in enumerate(zip(self.sheets, self.folded, strict=True)):
            if sheet.field.group != group:
                continue
            for run in sheet.runs:
                room = run.end - run.start
                if room < width or (room > width and not manner_of(run.script).window):
                    continue
                at = run.start
                while at + width <= run.end:
                    if folded[at : at + width] != word:
                        at += 1
                        continue
                    if any(sheet.locked[at : at + width]):
                        return ()
                    spots.append(Spot(index, at, at + width, run))
                    at += width
        return tuple(spots)

    def word(self, spot: Spot) -> Word:
        return tuple(self.sheets[spot.field].pieces[spot.start : spot.end])

    def options(self, unit: Unit, edits: Sequence[LetterEdit], laid: Laid = _NONE) -> list[Step]:
        """The sound edits of a unit beside those already `laid`, in a fixed order, each change once."""
        return [step for step in self.changes(unit, edits) if self.sound(step, laid)]

    def changes(self, unit: Unit, edits: Sequence[LetterEdit]) -> list[Step]:
        """The edits of a unit, sound or not, in a fixed order, each change once."""
        seen: dict[tuple[object, ...], Step] = {}
        for edit in edits:
            each = [self._changes(spot, edit) for spot in unit.spots]
            for change in each[0]:
                if all(change in others for others in each[1:]):
                    step = tuple((spot, others[change]) for spot, others in zip(unit.spots, each, strict=True))
                    seen.setdefault(tuple(self._after(spot, [r]) for spot, r in step), step)
        return list(seen.values())

    def _changes(self, spot: Spot, edit: LetterEdit) -> dict[Rewrite, Rewrite]:
        """Edits of one spot, found by what they do to any spelling of its word in capitals or not."""
        found = ((r, self._moved(spot, r)) for r in edit(self.word(spot), free_of(spot), self.scene))
        folded = ((r._replace(new=tuple(piece.casefold() for piece in r.new)), moved) for r, moved in found)
        return {change: moved for change, moved in folded if self.sheets[spot.field].changes(moved)}

    def places(self, spot: Spot, edit: LetterEdit) -> set[int]:
        """Where in its field an edit of a spot has a rewrite."""
        found = (self._moved(spot, r) for r in edit(self.word(spot), free_of(spot), self.scene))
        return {rewrite.start for rewrite in found if self.sheets[spot.field].changes(rewrite)}

    def _moved(self, spot: Spot, rewrite: Rewrite) -> Rewrite:
        """A rewrite of a word as one of its field."""
        return rewrite._replace(start=spot.start + rewrite.start, end=spot.start + rewrite.end)

    def sound(self, step: Step, laid: Laid = _NONE) -> bool:
        """Whether the edit stays clear of those laid, is well-formed in its script, and makes no other known word."""
        if not clear(step, laid):
            return False
        fresh = lay([step])
        for where, rewrites in fresh.items():
            rewrites += laid.get(where, ())
        return all(self._reads(spot, fresh[spot.field, spot.run]) for spot, _ in step)

    def _reads(self, spot: Spot, rewrites: Sequence[Rewrite]) -> bool:
        run = spot.run
        inside = [r._replace(start=r.start - run.start, end=r.end - run.start) for r in rewrites]
        fresh = rewrite_clusters(self.sheets[spot.field].pieces[run.start : run.end], inside)
        if not _well_formed(tuple(fresh)):
            return False
        return not self.scene.words or self._after(spot, rewrites).casefold() not in self.scene.words

    def _after(self, spot: Spot, rewrites: Iterable[Rewrite]) -> str:
        """The word at a spot after the rewrites within it."""
        inside = [r for r in rewrites if spot.start <= r.start and r.end <= spot.end]
        moved = [r._replace(start=r.start - spot.start, end=r.end - spot.start) for r in inside]
        return "".join(rewrite_clusters(self.word(spot), moved))

    def survives(self, step: Step) -> bool:
        """Whether the tokenizer tells each changed word from the one before."""
        return all(self._told_apart("".join(self.word(spot)), self._after(spot, [r])) for spot, r in step)

    def _told_apart(self, before: str, after: str) -> bool:
        if (before, after) not in self.tested:
            self.tested[before, after] = self.scene.survives(before, after)
        return self.tested[before, after]

    def counts(self) -> Tested:
        """What the tokenizer made of the `tested` changes."""
        ending, survived = self.scene.ending, [change for change, told in self.tested.items() if told]
        found = None if ending is None else Counter(ending(*change) for change in survived)
        return Tested(
            tried=len(self.tested),
            survived=len(survived),
            unknown=None if found is None else found["unknown"],
            blank=None if found is None else found["blank"],
        )

    def texts(self, steps: Sequence[Step]) -> dict[str, Edited]:
        """The changed fields after some edits, by name."""
        by_field: defaultdict[int, list[Rewrite]] = defaultdict(list)
        for step in steps:
            for spot, rewrite in step:
                by_field[spot.field].append(rewrite)
        sheets = enumerate(self.sheets)
        return {s.field.name: s.edited(by_field[i]) for i, s in sheets if by_field[i]}

    def row_with(self, steps: Sequence[Step]) -> Row:
        """The row after some edits; the same row after none."""
        texts = self.texts(steps)
        return self.scene.kind.replace(self.row, texts) if texts else self.row

    def masked(self, unit: Unit) -> Row:
        """The row with a unit's words left out: for ranking only, never a result."""
        return self.row_with([self.blank(unit.spots)])

    def blank(self, spots: Sequence[Spot]) -> Step:
        """Words left out, as one edit."""
        return tuple((spot, Rewrite(spot.start, spot.end, (self.scene.mask,))) for spot in spots)

    def differs(self, texts: dict[str, Edited]) -> bool:
        """Whether the tokenizer tells some changed field from the one before, and a model that cuts it does."""
        if self.scene.given is not None and self.cut is not None:
            (after,) = self.scene.given([self.scene.kind.replace(self.row, texts)])
            return after.ids != self.cut.ids
        return any(
            self.scene.survives(sheet.field.text, texts[sheet.field.name].text)
            for sheet in self.sheets
            if sheet.field.name in texts
        )


@lru_cache(maxsize=1 << 15)
def _well_formed(pieces: Word) -> bool:
    """Whether clusters are a text of just these clusters, sound in its script."""
    text = "".join(pieces)
    return bool(pieces) and clusters(text) == list(pieces) and not ill_formed(text)


def free_of(spot: Spot) -> range:
    """The clusters of a spot's word that may change."""
    return manner_of(spot.run.script).free(spot.end - spot.start)
