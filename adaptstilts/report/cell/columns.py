"""What a transfer was scored on, column by column: all its scores of one kind, however many runs made them, are one column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adaptstilts import ids
from adaptstilts.report.text import columns
from adaptstilts.store.records.record import ScoreRecord

APART = frozenset({"data", "languages", "rows", "clean", "resources", "version"})
"""What may differ between the scores of one column: they are of other languages, or of more rows."""


@dataclass(frozen=True)
class ScoreColumn:
    """One column: each language as the score with the most rows has it, of equals the latest.

    `whole` is the first of these scores with the languages of all, `parts` are they, each with the languages that it gives.
    """

    name: str
    whole: ScoreRecord
    parts: tuple[ScoreRecord, ...]

    @property
    def widest(self) -> ScoreRecord:
        """The score that gives the most languages."""
        return max(self.parts, key=lambda part: len(part.scores))


@dataclass(frozen=True)
class ScoreColumns:
    """The columns of a transfer: clean, attacks, challenge sets; and the scores that no column shows."""

    clean: ScoreColumn
    attacked: tuple[ScoreColumn, ...]
    challenged: tuple[ScoreColumn, ...]
    hidden: tuple[ScoreRecord, ...]

    @property
    def shown(self) -> tuple[ScoreColumn, ...]:
        """Those of the target's own data, clean first."""
        return self.clean, *self.attacked


def columns_of(scores: Sequence[ScoreRecord]) -> ScoreColumns:
    """ScoreColumns of a transfer's scores, of which at least one is clean, in the order of the first score of each.

    Scored clean in several ways (inputs of another length, say), the way with the most languages and rows counts.
    """
    groups: dict[str, list[ScoreRecord]] = {}
    for record in scores:
        groups.setdefault(_kind(record), []).append(record)
    made = [_column(group) for group in groups.values()]
    cleans = [column for column in made if not column.whole.attack and not column.whole.challenge]
    clean = max(cleans, key=lambda column: (len(column.whole.scores), _rows(column.whole)))
    attacked = [column for column in made if column.whole.attack and not column.whole.challenge]
    challenged = [column for column in made if column.whole.challenge]
    used = {part.key for column in (clean, *attacked, *challenged) for part in column.parts}
    hidden = tuple(record for record in scores if record.key not in used)
    first, *others = [
        replace(column, name=name) for column, name in zip((clean, *attacked), _names((clean, *attacked)), strict=True)
    ]
    return ScoreColumns(first, tuple(others), tuple(challenged), hidden)


def _kind(record: ScoreRecord) -> str:
    spec = {name: value for name, value in record.spec.plain().items() if name not in APART}
    return ids.canonical([record.attack, record.challenge, spec])


def _column(group: Sequence[ScoreRecord]) -> ScoreColumn:
    """The scores of one kind as one: `parts` in the order of the group."""
    best: dict[str, ScoreRecord] = {}
    for record in group:
        for language in record.scores:
            held = best.get(language)
            if held is None or _weight(record, language) >= _weight(held, language):
                best[language] = record
    parts = tuple(part for record in group if (part := _part(record, best)))
    first = parts[0] if parts else group[0]
    scores = {language: best[language].scores[language] for language in best}
    attention = {language: given for part in parts for language, given in part.attention.items()}
    return ScoreColumn("", first.model_copy(update={"scores": scores, "attention": attention}), parts or (first,))


def _part(record: ScoreRecord, best: Mapping[str, ScoreRecord]) -> ScoreRecord | None:
    """The record with the languages alone that it is the best of; None without any."""
    own = {language: cells for language, cells in record.scores.items() if best[language] is record}
    attention = {language: given for language, given in record.attention.items() if language in own}
    return record.model_copy(update={"scores": own, "attention": attention}) if own else None


def _weight(record: ScoreRecord, language: str) -> tuple[bool, int]:
    cells = record.scores[language]
    return cells.refused is None, cells.n or 0


def _rows(record: ScoreRecord) -> int:
    return sum(cells.n or 0 for cells in record.scores.values())


def _names(made: Sequence[ScoreColumn]) -> list[str]:
    """Attacks by name, with their strength, or else their keys, where a name stands there twice."""
    records = [column.whole for column in made]
    strengths = [str(record.spec.severity or record.spec.budget or "") for record in records]
    return columns([attack_name(record) for record in records], strengths, [record.key for record in records])


def attack_name(record: ScoreRecord) -> str:
    """The attack's name, with the score whose texts it plays back if it does."""
    texts, name = record.spec.texts, record.attack or "clean"
    return f"{name} from {texts[:8]}" if texts else name
