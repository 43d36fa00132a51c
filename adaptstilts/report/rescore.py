"""A few scores made again from the weights that lie in the store, and held against what the records say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts import ids
from adaptstilts.errors import AdaptstiltsError
from adaptstilts.listeners import Speaker
from adaptstilts.report.frame.tables import family
from adaptstilts.store.predictions import read_predictions
from adaptstilts.store.records.record import ScoreRecord
from adaptstilts.store.runs import config_of, step_of
from adaptstilts.store.scratch import scratch
from adaptstilts.store.store import PREDICTIONS, Store

if TYPE_CHECKING:
    from adaptstilts.report.frame import Frame
    from adaptstilts.work.session import Session

log = Speaker(__name__)

MARGIN = {"float32": 1e-3, "bfloat16": 0.1}
"""Margins nearer to 0 may change sides on another machine: some thousand times what a float32 sum of logits loses, and what is lost
where matrices are multiplied with the eight bits of bfloat16."""
ROWS = {"float32": 0.01, "bfloat16": 0.03}
"""Shares of rows that may differ beside them: answers that differ and are neither right nor wrong."""
SEARCHED = 0.05
"""The same for searches and gradients, where one answer of the model leads to other texts."""


@dataclass(frozen=True)
class Rescored:
    """Which scores were made again, by the seed that chose them, of how many; what was not as recorded, and what could not be made."""

    seed: int
    titles: tuple[str, ...]
    possible: int
    unlike: tuple[str, ...]
    failed: tuple[str, ...]
    seconds: float

    def lines(self) -> Iterator[str]:
        """What came of it, a line each."""
        yield f"rescored {len(self.titles)} of {self.possible} scores from weights in {self.seconds:.0f} s (seed {self.seed})"
        yield from self.titles
        yield from (f"NOT as recorded: {told}" for told in self.unlike)
        yield from (f"not rescored: {told}" for told in self.failed)


def rescore(frame: Frame, count: int, seed: int) -> Rescored:
    """Score some transfers again: `count` of the scores that the frame uses and whose weights are here, chosen by `seed`.

    An attacked score is made on clean predictions, which are therefore made again, too.
    """
    began, store = time.monotonic(), Store(frame.store)
    used = {*zip(frame.cells["score"], frame.cells["transfer"], strict=True)}
    used |= {*zip(frame.clean["score"], frame.clean["transfer"], strict=True)}
    possible = sorted(score for score, transfer in used if store.whole(str(transfer)))
    chosen = ids.rng_for("rescore", seed).sample(possible, min(count, len(possible)))
    todo = dict.fromkeys(key for score in chosen for key in (frame.clean_of(score), score) if key)
    titles, other, failed = list[str](), list[str](), list[str]()
    sessions: dict[str, Session] = {}
    for key in todo:
        named = key
        try:
            record = store.score(key)
            named = (
                f"{store.transfer(record.spec.transfer).title}, {record.attack or record.challenge or 'clean'} [{key}]"
            )
            log.info(f"rescoring {named}")
            wrong = _again(record, store, sessions)
        except (AdaptstiltsError, OSError) as error:
            failed.append(f"{named}: {error}")
            continue
        titles.append(named)
        other += [f"{named}: {wrong}"] if wrong else []
    return Rescored(seed, tuple(titles), len(possible), tuple(other), tuple(failed), time.monotonic() - began)


def _again(record: ScoreRecord, store: Store, sessions: dict[str, Session]) -> str:
    """What differs from the record when the score is made again; empty if nothing does."""
    from adaptstilts.config.load import lay
    from adaptstilts.work.score import score
    from adaptstilts.work.session import Session
    from adaptstilts.zoo.zoo import zoos

    step = step_of(store, record.key)
    if step.kind != "score":
        return "it is no score"
    settings = record.provenance.settings
    session = sessions.get(ids.digest(settings))
    if session is None:
        config = lay(settings, f"run {record.key}", (), {}) if settings else config_of(store, step.transfer, {})
        session = sessions[ids.digest(settings)] = Session(config, store, zoos(store.root), engine="rescore")
    with scratch(store.root) as folder:
        score(step, session, folder)
        return unlike(record, store.folder(record.key), folder)


def unlike(record: ScoreRecord, before: Path, after: Path) -> str:
    """What is wrong between the predictions of two folders beyond what the precision explains; empty if nothing is."""
    if not (before / PREDICTIONS).is_file():
        return "its predictions are gone"
    old, new = read_predictions(before), read_predictions(after)
    if old.keys() != new.keys():
        return f"it was over other rows: {len(old.keys() ^ new.keys()):,} are in one of the two only"
    precision = record.provenance.arithmetic
    other = [key for key in old if abs(old[key].score - new[key].score) > 1e-6]
    sure = [key for key in other if abs(old[key].margin) > MARGIN[precision]]
    searched = bool(record.attack) and family(record.attack or "") != "static"
    allowed = max(1, int((SEARCHED if searched else ROWS[precision]) * len(old)))
    return (
        f"{len(sure):,} of {len(old):,} rows are scored otherwise; {precision} explains {allowed}"
        if len(sure) > allowed
        else ""
    )
