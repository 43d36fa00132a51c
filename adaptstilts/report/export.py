"""Predictions of finished transfers in the folder layout of XTREME's leaderboard and of its public scorer.

One folder a task, one file a language, `test-{language}.{suffix}` (google-research/xtreme, README and evaluate.py). The
scorer opens files with the platform's encoding, so JSON is written in ASCII.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from adaptstilts.data.load import load
from adaptstilts.errors import CorruptArtefact, InputError, NotApplicable
from adaptstilts.files import write_whole
from adaptstilts.kinds.kind import Prediction
from adaptstilts.metrics.benchmarks import BENCHMARKS
from adaptstilts.metrics.bucc import best_threshold, kept
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.rows import RetrievalRow, Row, TaggingRow
from adaptstilts.steps.step import Score, Transfer
from adaptstilts.store.predictions import read_predictions
from adaptstilts.store.runs import config_of, step_of, transfer_named
from adaptstilts.store.store import Store, told_records
from adaptstilts.tasks import Task

Writer = Callable[[Task, Sequence[Row], Sequence[Prediction]], str]


@dataclass(frozen=True)
class Exported:
    """The files that were written, and what keeps them from being a complete submission."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def export(store: Store, run: str, folder: Path) -> Exported:
    """Write the clean predictions of the transfer called `run` below `folder`, in place of earlier ones.

    Several runs may go into one folder. The widest clean score is taken; languages, rows and splits that a submission
    would need beyond it are told in `notes`. Raises UnknownName and InputError for the run, NotApplicable for a target
    that the scorer has no file format for, InputError if the data is no longer what was scored.
    """
    transfer = transfer_named(store, run)
    if transfer.target not in LAYOUTS:
        reason = f"XTREME's scorer has no file format for {transfer.target!r}"
        raise NotApplicable(reason, where=transfer.key, do=f"It has one for {', '.join(sorted(LAYOUTS))}.")
    layout, score = LAYOUTS[transfer.target], _widest(store, transfer)
    config = config_of(store, transfer, {})
    facts = ConfigFacts(config)
    task = facts.task(transfer.target)
    if facts.rows(task, "test", score.languages) != score.data:
        do = "Put the data back as it was, or score the run anew."
        raise InputError("the test data is not what was scored", where=str(facts.source), do=do)
    found = read_predictions(store.folder(score.key))
    files, splits = [], dict[str, str]()
    for language in score.languages:
        loaded = load(task, "test", language, facts.source, score.rows, drawn=score.drawn)
        predictions = [_of(row, found, store, score) for row in loaded.rows]
        path = folder / layout.folder / f"test-{language}.{layout.suffix}"
        files.append(write_whole(path, layout.write(task, loaded.rows, predictions)))
        splits[language] = loaded.split_used
    return Exported(tuple(files), tuple(_notes(transfer.target, score, splits)))


def _widest(store: Store, transfer: Transfer) -> Score:
    """The clean score over the most rows and languages, the latest of equals; InputError if there is none."""
    keys = [r.key for r in told_records(store) if r.step == "score" and transfer.key in r.upstream]
    steps = [step for key in keys if (step := step_of(store, key)).kind == "score"]
    found = [step for step in steps if not step.attack and not step.challenge]
    if not found:
        do = "Run its command again to score it."
        raise InputError("this transfer has no clean score", where=transfer.key, do=do)
    return max(reversed(found), key=lambda step: (step.rows is None, step.rows or 0, len(step.languages)))


def _of(row: Row, found: Mapping[tuple[str, str], Prediction], store: Store, score: Score) -> Prediction:
    if (row.language, row.id) not in found:
        folder = store.folder(score.key)
        advice = f"Remove the folder {folder} and run the same command again: only this step is redone."
        raise CorruptArtefact(f"no prediction for {row.language} row {row.id}", where=str(folder), do=advice)
    return found[row.language, row.id]


def _notes(target: str, score: Score, splits: Mapping[str, str]) -> list[str]:
    notes = []
    parts = [part for benchmark in BENCHMARKS.values() if (part := benchmark.part(target)) is not None]
    needed = {language for part in parts for language in part.languages}
    least = min(parts, key=lambda part: len(part.languages)).languages if parts else ()
    missing = [language for language in least if language not in score.languages]
    if missing:
        notes.append(f"{target} lacks {len(missing)} of the benchmark's languages: {' '.join(missing)}")
    foreign = [language for language in score.languages if language not in needed]
    if foreign:
        notes.append(f"{target} has languages that the benchmark does not know: {' '.join(foreign)}")
    if score.rows is not None:
        which = f"{score.rows} rows drawn by their ids" if score.drawn else f"the first {score.rows} rows"
        notes.append(f"{target} was scored on {which} of each language only")
    other = sorted(language for language, split in splits.items() if split != "test")
    if other:
        notes.append(f"{target} was scored on other than test rows in {' '.join(other)}")
    return notes


def _label_names(task: Task, rows: Sequence[Row], predictions: Sequence[Prediction]) -> str:
    return _lines(task.labels[p.value] for p in predictions)


def _label_numbers(task: Task, rows: Sequence[Row], predictions: Sequence[Prediction]) -> str:
    return _lines(str(p.value) for p in predictions)


def _choices(task: Task, rows: Sequence[Row], predictions: Sequence[Prediction]) -> str:
    """A JSON object a line; its label is a number, for "1" would not equal 1."""
    return _lines(json.dumps({"idx": i, "label": int(p.value)}) for i, p in enumerate(predictions))


def _tags(task: Task, rows: Sequence[Row], predictions: Sequence[Prediction]) -> str:
    """A tag a line and one empty line after each sentence: two would count as one more sentence."""
    for row, p in zip(cast("Sequence[TaggingRow]", rows), predictions, strict=True):
        if len(p.value) != len(row.words):
            raise InputError(f"{len(p.value)} tags for {len(row.words)} words", where=f"{row.language} row {row.id}")
    return "".join(_lines([*(task.labels[tag] for tag in p.value), ""]) for p in predictions)


def _answers(task: Task, rows: Sequence[Row], predictions: Sequence[Prediction]) -> str:
    return _json({row.id: p.value for row, p in zip(rows, predictions, strict=True)})


def _rankings(task: Task, rows: Sequence[Row], predictions: Sequence[Prediction]) -> str:
    """Ranked ids by mention; rows that only widen the pool have none."""
    asked = zip(cast("Sequence[RetrievalRow]", rows), predictions, strict=True)
    return _json({row.id: p.value for row, p in asked if row.query})


def _translations(task: Task, rows: Sequence[Row], predictions: Sequence[Prediction]) -> str:
    """The 0-based line of the other language's file, for each English sentence in sorted order.

    XTREME hides the pairing by sorting the English side (utils_preprocess.py); its gold files follow that order. The
    reference driver writes `[5]` where its scorer compares with `5`; the number alone is right.
    """
    lines = {row.id: i for i, row in enumerate(rows)}
    asked = [(row, p) for row, p in zip(cast("Sequence[RetrievalRow]", rows), predictions, strict=True) if row.query]
    return _lines(str(lines[p.value]) for _, p in sorted(asked, key=lambda pair: pair[0].query.strip()))


def _pairs(task: Task, rows: Sequence[Row], predictions: Sequence[Prediction]) -> str:
    """`source<TAB>target` of the pairs that score at least the threshold that is best on the gold pairs.

    BUCC names a sentence by its language and its line in nine digits, `de-000413461`.
    """
    asked = list(zip(cast("Sequence[RetrievalRow]", rows), predictions, strict=True))
    numbers: dict[str, int] = {}
    for row, p in asked:
        for key in (*row.answers, *([p.value[0]] if p.value else [])):
            numbers.setdefault(key, len(numbers))
    keys = list(numbers)
    gold = {(i, numbers[key]) for i, (row, _) in enumerate(asked) for key in row.answers}
    mined = [(float(p.value[1]), i, numbers[p.value[0]]) for i, (_, p) in enumerate(asked) if p.value]
    found = kept(mined, best_threshold(mined, gold))
    return _lines(
        f"{_line_name(asked[i][0].language, asked[i][0].id)}\t{_line_name('en', keys[number])}"
        for i, number in sorted(found)
    )


def _line_name(language: str, name: str) -> str:
    line = name.rpartition("-")[2]
    return f"{language}-{int(line):09d}" if line.isdecimal() else name


def _lines(values: Any) -> str:
    return "".join(f"{value}\n" for value in values)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


@dataclass(frozen=True)
class Layout:
    """A task's folder, its files' suffix, and what writes the predictions of one language."""

    folder: str
    suffix: str
    write: Writer


LAYOUTS: Mapping[str, Layout] = {
    "xnli": Layout("xnli", "tsv", _label_names),
    "pawsx": Layout("pawsx", "tsv", _label_numbers),
    "udpos": Layout("udpos", "tsv", _tags),
    "panx": Layout("panx", "tsv", _tags),
    "xquad": Layout("xquad", "json", _answers),
    "mlqa": Layout("mlqa", "json", _answers),
    "tydiqa": Layout("tydiqa", "json", _answers),
    "bucc": Layout("bucc2018", "tsv", _pairs),
    "tatoeba": Layout("tatoeba", "tsv", _translations),
    "xcopa": Layout("xcopa", "jsonl", _choices),
    "mewslix": Layout("mewslix", "json", _rankings),
}
"""LAReQA is not here: the public scorer has no reader for it."""
