"""Tidy tables of a store: a row per attacked score and language, per clean score and language, per transfer, per example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from adaptstilts.attacks import ATTACKS
from adaptstilts.errors import CorruptArtefact
from adaptstilts.report.frame.cells import derived, manifest_of
from adaptstilts.report.frame.comparable import Standard, why
from adaptstilts.report.frame.examination import Examination, examined, journals
from adaptstilts.report.frame.paired import paired
from adaptstilts.store.records.manifest import ManifestCell, SweepManifest
from adaptstilts.store.records.record import Record, ScoreRecord, TransferRecord
from adaptstilts.store.store import Store

IDENTITY = ("role", "composition", "k", "ordering", "head", "target", "seed", "transfer", "score", "tasks")
COMPARED = ("comparable", "why", "flagged")
CELLS = (
    *IDENTITY,
    *("attack", "family", "severity", "budget", "noise", "texts_from", "language", "source", "n", "reached", "clean"),
    *(
        "attacked",
        "worst_case",
        "success_rate",
        "queries",
        "edit_rate",
        "survival",
        "unknown",
        "blank",
        "chance",
        "metric",
    ),
    *COMPARED,
)
CLEAN = (
    *IDENTITY,
    "challenge",
    "language",
    "source",
    "n",
    "value",
    "chance",
    "taught",
    "metric",
    "exposure",
    *COMPARED,
)
TRANSFERS = (
    *(name for name in IDENTITY if name != "score"),
    *(
        "title",
        "seconds",
        "train_seconds",
        "peak_memory",
        "trainable",
        "total",
        "members",
        "untaught",
        "attention",
        "forgetting",
    ),
    *COMPARED,
)
ROWS = (
    *IDENTITY,
    *("attack", "severity", "budget", "texts_from", "language", "id", "source_id", "s_clean", "s_adv"),
    *("margin_clean", "margin_adv", "queries", "edits", "rate", "outcome"),
)


@dataclass(frozen=True)
class Frame:
    """What the records of one sweep (or of a store without one) say, as tables.

    `cells` has CELLS: an attacked score in one language; scores are fractions over the `reached` rows, NaN with the
    flag "n/a" where the attack does not apply. `clean` has CLEAN, its score under `value` (`score` is the key);
    `challenges` the same for challenge sets; `taught` says in the source language whether the head beats chance, None where
    nobody looked. `transfers` has TRANSFERS; `attention` is layer x member or None.
    `comparable` is False where `flagged` (keys of `comparable.REASONS`, blank between) hold; `why` says so in words.

    `pending` are planned keys without a record, `problems` records that do not read back, `preregistrations` the
    digest of the plan that was registered when each score was made, by key; `precisions` how many transfers and scores
    were made in each precision. `examination` is what stands behind the records; those that it leaves out are in no table, and `problems`
    name them.
    """

    store: Path
    sweep: str
    digest: str
    planned: tuple[ManifestCell, ...]
    cells: pd.DataFrame
    clean: pd.DataFrame
    challenges: pd.DataFrame
    transfers: pd.DataFrame
    pending: tuple[str, ...]
    problems: tuple[str, ...]
    preregistrations: Mapping[str, str | None]
    precisions: Mapping[str, int]
    examination: Examination = field(default_factory=Examination)
    _clean_of: Mapping[str, str] = field(default_factory=dict, repr=False)

    def clean_of(self, score: str) -> str:
        """The key of the clean score that an attacked one was held against; "" for one that is not known."""
        return self._clean_of.get(score, "")

    def rows(
        self, transfer: str | None = None, attack: str | None = None, roles: Collection[str] | None = None
    ) -> pd.DataFrame:
        """ROWS of the attacked scores of one transfer, attack or of some roles, or of all; read from the prediction files.

        Only rows that the attack reached. CorruptArtefact for a file that does not read back.
        """
        chosen = self.cells
        for column, wanted in (("transfer", transfer), ("attack", attack)):
            if wanted is not None:
                chosen = chosen[chosen[column] == wanted]
        if roles is not None:
            chosen = chosen[chosen["role"].isin(list(roles))]
        chosen = chosen.drop_duplicates(["score", "ordering", "role", "k"])
        if chosen.empty:
            return pd.DataFrame(columns=list(ROWS))
        facts = [*IDENTITY, "attack", "severity", "budget", "texts_from"]
        return paired(self.store, chosen[facts], self._clean_of)[list(ROWS)]


def read_frame(store: Path, sweep: str | None = None, *, examine: bool = False) -> Frame:
    """The tables of a store, from its manifest (the one called `sweep`, or the only one), records and parquet alone.

    Without a manifest every finished transfer is a cell of one ordering. With `examine` each record is held against the journal and
    each score against its predictions first. Raises UnknownName, InputError, CorruptArtefact.
    """
    problems: list[str] = []
    manifest = manifest_of(store, sweep)
    found = _records(Store(store), manifest, problems)
    examination = examined(store, found) if examine else journals(store)
    records = [record for record in found if record.key not in examination.left_out]
    problems += [f"{r.title} [{r.key}]: {examination.left_out[r.key]}" for r in found if r.key in examination.left_out]
    transfers = {record.key: record for record in records if record.step == "transfer"}
    scores = {record.key: record for record in records if record.step == "score"}
    cells = manifest.cells if manifest else derived(transfers, scores)
    compared: list[TransferRecord | ScoreRecord] = [*transfers.values(), *scores.values()]
    standard = Standard(compared)
    flags = {record.key: standard.flags(record) for record in compared}
    here = [cell for cell in cells if cell.transfer in transfers]
    wanted = {key for cell in cells for key in (cell.transfer, *cell.scores)}
    lines = _Lines(transfers, scores, flags)
    return Frame(
        store=store,
        sweep=manifest.name if manifest else "",
        digest=manifest.digest if manifest else "",
        planned=cells,
        cells=_table(CELLS, (line for cell in here for line in lines.attacked(cell))),
        clean=_table(CLEAN, (line for cell in here for line in lines.clean(cell, challenge=False))),
        challenges=_table(CLEAN, (line for cell in here for line in lines.clean(cell, challenge=True))),
        transfers=_table(TRANSFERS, (lines.transfer(cell) for cell in here)),
        pending=tuple(sorted(wanted - set(flags) - set(examination.left_out))),
        problems=tuple(problems),
        preregistrations={key: record.provenance.preregistration for key, record in scores.items()},
        precisions=Counter(record.provenance.arithmetic for record in compared),
        examination=examination,
        _clean_of={key: record.spec.clean or "" for key, record in scores.items()},
    )


def _table(columns: tuple[str, ...], lines: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame.from_records(list(lines), columns=list(columns))


def _records(store: Store, manifest: SweepManifest | None, problems: list[str]) -> list[Record]:
    """Transfers and scores: those of the manifest and the clean ones behind them, or all."""
    if manifest is None:
        return list(store.records(problems))
    found: dict[str, Record] = {}
    todo = list(dict.fromkeys(key for cell in manifest.cells for key in (cell.transfer, *cell.scores)))
    while todo:
        key = todo.pop()
        if key in found or not store.done(key):
            continue
        try:
            record = found[key] = store.record(key)
        except CorruptArtefact as error:
            problems.append(str(error))
            continue
        todo += [record.spec.clean] if record.step == "score" and record.spec.clean else []
    return list(found.values())


class _Lines:
    """Rows of the tables, one cell at a time."""

    def __init__(
        self,
        transfers: Mapping[str, TransferRecord],
        scores: Mapping[str, ScoreRecord],
        flags: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.transfers, self.scores, self.flags = transfers, scores, flags

    def attacked(self, cell: ManifestCell) -> Iterator[tuple[Any, ...]]:
        for key in cell.scores:
            record = self.scores.get(key)
            if record is not None and record.attack:
                yield from self._attacked(cell, record, record.attack)

    def _attacked(self, cell: ManifestCell, record: ScoreRecord, attack: str) -> Iterator[tuple[Any, ...]]:
        spec, metric = record.spec, record.metric
        held, replayed = self.scores.get(spec.clean or ""), self.scores.get(spec.texts or "")
        flags = self._flags(cell.transfer, spec.clean or "", record.key)
        source, texts = self.transfers[cell.transfer].spec.language, replayed.spec.transfer if replayed else spec.texts
        facts = (attack, family(attack), spec.severity, spec.budget, spec.noise, texts or "")
        for language, told in record.scores.items():
            attacked, before = told.metric(metric), held.scores.get(language) if held else None
            shares = (told.clean, attacked, told.worst_case, told.success_rate)
            effort = (told.queries, told.edit_rate, told.survival, told.unknown, told.blank)
            yield (
                *(*_identity(cell, record.key), *facts, language, language == source, told.n or 0, told.reached or 0),
                *(*shares, *effort, before.chance if before else None, metric),
                *_compared(flags if attacked is not None else (*flags, "n/a"), record.exposure, told.refused or ""),
            )

    def clean(self, cell: ManifestCell, *, challenge: bool) -> Iterator[tuple[Any, ...]]:
        for key in cell.scores:
            record = self.scores.get(key)
            if record is None or record.attack or bool(record.challenge) != challenge:
                continue
            metric, exposure = record.metric, record.exposure
            compared = _compared(self._flags(cell.transfer, key), exposure, "")
            source = self.transfers[cell.transfer].spec.language
            for language, told in record.scores.items():
                facts = (record.challenge or "", language, language == source)
                taught = told.above_chance.taught if told.above_chance and language == source else None
                numbers = (told.n or 0, told.metric(metric), told.chance, taught, metric, exposure)
                yield (*_identity(cell, key), *facts, *numbers, *compared)

    def transfer(self, cell: ManifestCell) -> tuple[Any, ...]:
        record = self.transfers[cell.transfer]
        cost, parts = record.cost, record.parts
        facts = (record.title, cost.seconds, cost.train_seconds, cost.peak_memory)
        sizes = (parts.trainable, parts.total, list(record.members), list(record.untaught))
        forgetting = record.forgetting.plain() if record.forgetting else None
        compared = _compared(self._flags(cell.transfer), "", "")
        identity = tuple(v for name, v in zip(IDENTITY, _identity(cell, ""), strict=True) if name != "score")
        return (*identity, *facts, *sizes, self._attention(cell), forgetting, *compared)

    def _attention(self, cell: ManifestCell) -> list[list[float | None]] | None:
        """Layer by member, in the first language that a clean score watched."""
        for key in cell.scores:
            record = self.scores.get(key)
            if record is not None and record.attention:
                return [list(layer or ()) for layer in next(iter(record.attention.values()))]
        return None

    def _flags(self, *keys: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(flag for key in keys for flag in self.flags.get(key, ())))


def _identity(cell: ManifestCell, key: str) -> tuple[Any, ...]:
    place = (cell.role, cell.composition, cell.k, cell.ordering, cell.head, cell.target, cell.seed)
    return (*place, cell.transfer, key, cell.tasks)


def _compared(flags: tuple[str, ...], exposure: str, refused: str) -> tuple[bool, str, str]:
    return not flags, why(flags, exposure, refused), " ".join(flags)


@cache
def family(attack: str) -> str:
    """static, search or white; empty for an attack that is not declared here."""
    return ATTACKS.get(attack).family if attack in ATTACKS else ""
