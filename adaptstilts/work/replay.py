"""Replay planned and read: each run attacked, its texts scored on every other run, and the matrix of who falls for whose."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adaptstilts.attacks import ATTACKS
from adaptstilts.attacks.replay import TransferMatrix, transfer_matrix
from adaptstilts.config.load import Config
from adaptstilts.errors import DataMissing, InputError, NotApplicable
from adaptstilts.plan.cell import scores
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.steps.step import Score, Transfer
from adaptstilts.store.journal import read_attacked
from adaptstilts.store.predictions import read_predictions
from adaptstilts.store.runs import config_of, transfer_named
from adaptstilts.store.store import Store
from adaptstilts.work.attack import RIGHT


@dataclass(frozen=True)
class Replay:
    """k runs, the config they are scored by, their clean scores, and `grid[s][t]`: the texts of s on t."""

    config: Config
    transfers: tuple[Transfer, ...]
    clean: tuple[Score, ...]
    grid: tuple[tuple[Score, ...], ...]

    @property
    def steps(self) -> tuple[Score, ...]:
        """Every score, the attacks themselves before their replays."""
        own = tuple(line[number] for number, line in enumerate(self.grid))
        return (*self.clean, *own, *(score for line in self.grid for score in line if score not in own))


def replay(
    store: Store, runs: Sequence[str], attack: str, values: Mapping[str, Any], settings: Sequence[str] = ()
) -> Replay:
    """Plan the replay of one attack among finished transfers of one target on one backbone and data.

    All are scored by the first one's config. Raises UnknownName, NotApplicable for an attack without texts, and
    InputError for fewer than two runs, or runs that cannot be compared.
    """
    found = ATTACKS.get(attack)
    if found.embeds:
        raise NotApplicable(f"{attack} changes embeddings and has no text to replay", do="Replay an attack on text.")
    transfers = tuple(dict.fromkeys(transfer_named(store, run) for run in runs))
    if len(transfers) < 2:
        raise InputError("a replay takes two runs or more", do="`adaptstilts list runs` names those that are done.")
    first = transfers[0]
    for other in transfers[1:]:
        if (other.target, other.backbone, other.data) != (first.target, first.backbone, first.data):
            what = f"{other.title} [{other.key}] has another target, backbone or data than {first.title}"
            raise InputError(what, do="Replay among runs that differ in their composition only.")
    config = config_of(store, first, {**values, "evaluation.attacks": (attack,)}, settings)
    facts = ConfigFacts(config)
    pairs = [scores(facts, transfer) for transfer in transfers]
    clean, own = tuple(pair[0] for pair in pairs), [pair[1] for pair in pairs]
    grid = tuple(
        tuple(score if s == t else dataclasses.replace(score, texts=own[s]) for t, score in enumerate(own))
        for s in range(len(own))
    )
    return Replay(config, transfers, clean, grid)


def matrix(store: Store, done: Replay) -> TransferMatrix:
    """The k x k matrix of a replay whose steps are done; InputError if no row is common to all, DataMissing without the texts."""

    def said(score: Score) -> Mapping[tuple[str, str], Any]:
        return read_predictions(store.folder(score.key))

    own = [line[number] for number, line in enumerate(done.grid)]
    if lost := next((score for score in own if store.bare(score.key)), None):
        do = "Import a file that was exported with --texts into a store of its own, or remove the folder: the step is done again."
        raise DataMissing(f"the texts of {lost.title} are elsewhere", where=str(store.folder(lost.key)), do=do)
    found = [read_attacked(store.folder(score.key)) for score in own]
    return transfer_matrix([said(c) for c in done.clean], found, [[said(x) for x in line] for line in done.grid], RIGHT)
