"""What stands behind the records of a report: the journal, the digests, and the scores that their predictions come to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact
from adaptstilts.report.frame.recount import Predicted, disagreement
from adaptstilts.store import chain
from adaptstilts.store.predictions import as_told
from adaptstilts.store.records.record import Record, ScoreRecord
from adaptstilts.store.store import PREDICTIONS, RECORD, Store


@dataclass(frozen=True)
class Examination:
    """What was looked at, and what came of it.

    `left_out` says by key why a record is not to be used. `counted` scores were counted again from their predictions in `seconds`;
    `uncounted` ones could not be: they have no predictions here, or predictions of a version that did not write all that it takes.
    `unlike` of `rescored` scores that were made again from weights are not as recorded.
    """

    journal: chain.Chain = field(default_factory=chain.Chain)
    others: tuple[chain.Chain, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    counted: int = 0
    uncounted: int = 0
    seconds: float = 0.0
    rescored: int = 0
    unlike: int = 0


def journals(root: Path) -> Examination:
    """The journals of a store, and nothing counted."""
    return Examination(chain.own_chain(root), chain.other_chains(root))


def examined(root: Path, records: Sequence[Record]) -> Examination:
    """The journals, and every record held against them and against its predictions."""
    began, found = time.monotonic(), journals(root)
    scores = {record.key: record for record in records if record.step == "score"}
    looked = _Examiner(Store(root), found.journal, scores)
    left = {record.key: why for record in records if (why := looked.why_not(record))}
    for key, score in scores.items():
        if score.spec.clean in left:
            left.setdefault(key, "the clean score that it is held against is left out")
    seconds = time.monotonic() - began
    return Examination(found.journal, found.others, left, looked.counted, looked.uncounted, seconds)


class _Examiner:
    """One look through the records; the clean predictions that were read last are kept, for attacks on them come together."""

    def __init__(self, store: Store, journal: chain.Chain, scores: Mapping[str, ScoreRecord]) -> None:
        self.store, self.journal, self.scores = store, journal, scores
        self.counted = self.uncounted = 0
        self._clean: tuple[str, Predicted | None] = ("", None)

    def why_not(self, record: Record) -> str:
        """Why a record is not to be used; empty for one that is."""
        told = self.journal.records.get(record.key)
        if told and ids.read_digest(self.store.folder(record.key) / RECORD) != told:
            return "it is not the record that was finished: it was changed since"
        return self._score(record) if record.step == "score" else ""

    def _score(self, record: ScoreRecord) -> str:
        path = self.store.folder(record.key) / PREDICTIONS
        if record.predictions and not path.is_file():
            return "its predictions are gone"
        if record.predictions and not as_told(path, record.predictions):
            return "its predictions are not those that it was made with"
        try:
            wrong = (
                disagreement(record, Predicted.read(path, record.metric), self._held(record))
                if path.is_file()
                else None
            )
        except (CorruptArtefact, ValueError) as error:
            return f"its predictions do not read back ({error.what if isinstance(error, CorruptArtefact) else error})"
        self.counted += wrong is not None
        self.uncounted += wrong is None
        return wrong or ""

    def _held(self, record: ScoreRecord) -> Predicted | None:
        """The clean predictions that an attack is held against, where they are here."""
        key = record.spec.clean
        if key and key != self._clean[0]:
            path = self.store.folder(key) / PREDICTIONS
            self._clean = (key, Predicted.read(path, record.metric) if key in self.scores and path.is_file() else None)
        return self._clean[1] if key else None
