"""What differences between runs cannot say, because of how any of the runs was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adaptstilts import ids
from adaptstilts.report import text
from adaptstilts.report.caveats import caveats, unlearnt
from adaptstilts.store.records.record import ScoreRecord, TransferRecord

Scored = Mapping[str, tuple[TransferRecord, ScoreRecord]]
"""Runs with their clean scores, by letter."""


def bounds(runs: Scored) -> list[tuple[str, str]]:
    """As (heading, sentence): what holds of some of the runs under their letters, then what sets them apart."""
    found: dict[tuple[str, str], list[str]] = {}
    for limits in (unlearnt, caveats):
        for letter, (run, clean) in runs.items():
            for told in limits(run, clean):
                found.setdefault(told, []).append(letter)
    of_some = [
        (heading if len(letters) == len(runs) else f"{', '.join(letters)}: {heading}", sentence)
        for (heading, sentence), letters in found.items()
    ]
    return [*of_some, *_encoders(runs), *_sources(runs)]


def _encoders(runs: Scored) -> Iterator[tuple[str, str]]:
    encoders = [run.provenance.backbone for run, _ in runs.values()]
    apart = {ids.canonical(encoder.plain()): encoder for encoder in encoders}
    if len(apart) == 1:
        return
    weights = [(encoder.content or encoder.revision)[:8] for encoder in apart.values()]
    wholes = [text.said(encoder.plain()) for encoder in apart.values()]
    names = dict(zip(apart, text.columns([one.name for one in apart.values()], weights, wholes), strict=True))
    told = _each(runs, [names[ids.canonical(encoder.plain())] for encoder in encoders])
    yield "The encoders differ.", f"{told}: differences are those of the encoders too."


def _sources(runs: Scored) -> Iterator[tuple[str, str]]:
    sources = [run.spec.language for run, _ in runs.values()]
    if len(set(sources)) > 1:
        yield (
            "The source languages differ.",
            f"{_each(runs, sources)}: means are over the languages that none was trained in.",
        )


def _each(runs: Scored, told: Sequence[str]) -> str:
    return ", ".join(f"{letter} {what}" for letter, what in zip(runs, told, strict=True))
