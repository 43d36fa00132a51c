"""Which attacks of several runs are the same attack: its name, strength, options and limits say so, whatever a run's table calls it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adaptstilts import ids
from adaptstilts.report import text
from adaptstilts.report.cell.columns import ScoreColumn, ScoreColumns, attack_name
from adaptstilts.store.records.record import ScoreRecord

Known = dict[str, dict[str, ScoreColumn]]
"""Columns by what decides their attack, then by the run's letter."""


def matched(runs: Mapping[str, ScoreColumns]) -> tuple[dict[str, list[ScoreColumn]], list[str]]:
    """The attacks that all runs (by letter) know, each a column of each run; and what is told of the others."""
    known, notes = Known(), list[str]()
    for letter, columns in runs.items():
        for column in columns.attacked:
            held = known.setdefault(_identity(column.whole), {}).setdefault(letter, column)
            if held is not column:
                notes.append(f"{column.name}: {letter} has it more than once, {held.whole.key} counts")
    firsts = [next(iter(held.values())).whole for held in known.values()]
    names = dict(zip(_names(firsts), known.values(), strict=True))
    shared = {name: [held[letter] for letter in runs] for name, held in names.items() if len(held) == len(runs)}
    challenged = {letter: [column.whole.challenge for column in columns.challenged] for letter, columns in runs.items()}
    return shared, [*notes, *_left_out([attack_name(record) for record in firsts], names, runs), *_sets(challenged)]


def _identity(record: ScoreRecord) -> str:
    """What decides the attack. Seeds and the rows may differ from run to run."""
    spec = record.spec
    return ids.canonical([
        record.attack, spec.attack_version, spec.severity, spec.budget, spec.options, spec.texts, spec.noise, spec.limits,
    ])  # fmt: skip


def _names(records: Sequence[ScoreRecord]) -> list[str]:
    """Attacks by name, with what sets those of one name apart."""
    alike: dict[str, list[tuple[str, ...]]] = {}
    for record in records:
        alike.setdefault(attack_name(record), []).append(_settings(record))
    told = []
    for record in records:
        columns = zip(_settings(record), zip(*alike[attack_name(record)], strict=True), strict=True)
        told.append(" ".join([attack_name(record), *(own for own, values in columns if len(set(values)) > 1)]))
    return text.columns(told, [record.key for record in records])


def _settings(record: ScoreRecord) -> tuple[str, ...]:
    spec = record.spec
    return (
        f"{spec.severity:g}",
        f"{spec.budget} queries",
        f"({text.said(spec.limits)})",
        f"version {spec.attack_version}",
    )


def _left_out(
    attacks: Sequence[str], names: Mapping[str, Mapping[str, object]], runs: Mapping[str, object]
) -> Iterator[str]:
    """Attacks that not all runs know, and those of which they know other strengths."""
    for attack in dict.fromkeys(attacks):
        own = {name: list(held) for (name, held), of in zip(names.items(), attacks, strict=True) if of == attack}
        apart = {name: letters for name, letters in own.items() if len(letters) < len(runs)}
        if not apart:
            continue
        if len(own) == 1:
            yield f"{attack}: not in {' and '.join(letter for letter in runs if letter not in apart[attack])}"
        else:
            told = (f"{name.removeprefix(attack).strip()} in {' and '.join(held)}" for name, held in apart.items())
            yield f"{attack} {', '.join(told)}: not compared"


def _sets(challenged: Mapping[str, Sequence[str | None]]) -> Iterator[str]:
    names = dict.fromkeys(name for own in challenged.values() for name in own if name)
    for name in names:
        letters = [letter for letter, own in challenged.items() if name in own]
        yield f"{name} in {' and '.join(letters)}: challenge sets are not compared"
