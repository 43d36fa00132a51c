"""XTREME's and XTREME-R's standings as their papers define them: task scores, groups, overall; fractions in [0, 1].

A task's score is the plain mean over all its languages, English included. Question answering contributes the mean of
exact match and F1 (Hu et al. 2020, Ruder et al. 2021; google-research/xtreme, evaluate.py). The overall score is the
mean over tasks, not over groups. Nothing is averaged over fewer languages or tasks than a benchmark has: what is
missing is named, and its mean is None.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adaptstilts.errors import InputError

Scores = Mapping[str, Mapping[str, float]]
"""Metrics by language, as a record of a score holds them."""


@dataclass(frozen=True)
class TaskPart:
    """One task of a benchmark: its languages and the metrics whose means over languages make its score.

    `pooled` says that the mean is over the questions of all languages together.
    """

    task: str
    group: str
    languages: tuple[str, ...]
    metrics: tuple[str, ...]
    pooled: bool = False


@dataclass(frozen=True)
class Benchmark:
    """A benchmark's tasks in the order of its paper's tables."""

    name: str
    parts: tuple[TaskPart, ...]
    citation: str

    def part(self, task: str) -> TaskPart | None:
        """The part that a task plays; None if it plays none."""
        return next((part for part in self.parts if part.task == task), None)


@dataclass(frozen=True)
class TaskScore:
    """One task's score, the same without the source language, and the languages that are missing for either.

    Both are None while a language is missing; `without_source` is the score itself where the source is not among them.
    """

    score: float | None
    without_source: float | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Coverage:
    """Where a model stands in a benchmark; `overall` and a group are None while any of their tasks is."""

    benchmark: str
    overall: float | None
    overall_without_source: float | None
    groups: Mapping[str, float | None]
    tasks: Mapping[str, TaskScore]

    @property
    def missing(self) -> tuple[str, ...]:
        """What is still to be scored, as `task` or `task: languages`."""
        return tuple(
            name if not task.missing else f"{name}: {' '.join(task.missing)}"
            for name, task in self.tasks.items()
            if task.score is None
        )


def task_score(part: TaskPart, scores: Scores, source: str = "en") -> TaskScore:
    """A task's score from its metrics by language; other languages than the benchmark's are left aside.

    LAReQA's mean runs over all questions together, so a language weighs as much as it has questions (its `n`; equal
    weights where no language has one). InputError if a language has scores but not the metric.
    """
    missing = tuple(language for language in part.languages if language not in scores)
    if missing:
        return TaskScore(None, None, missing)
    abroad = [language for language in part.languages if language != source]
    return TaskScore(_mean(part, scores, part.languages), _mean(part, scores, abroad))


def standing(benchmark: Benchmark, scores: Mapping[str, Scores], source: str = "en") -> Coverage:
    """All task scores of a benchmark, its groups' and the overall one, from metrics by task and language.

    Tasks that are not the benchmark's are left aside. A task without any scores misses no languages: it is missing.
    """
    tasks = {
        part.task: task_score(part, scores[part.task], source) if part.task in scores else TaskScore(None, None)
        for part in benchmark.parts
    }
    groups = dict.fromkeys(part.group for part in benchmark.parts)
    return Coverage(
        benchmark=benchmark.name,
        overall=_whole([task.score for task in tasks.values()]),
        overall_without_source=_whole([task.without_source for task in tasks.values()]),
        groups={
            group: _whole([tasks[part.task].score for part in benchmark.parts if part.group == group])
            for group in groups
        },
        tasks=tasks,
    )


def _mean(part: TaskPart, scores: Scores, languages: Sequence[str]) -> float:
    for language in languages:
        for metric in part.metrics:
            if metric not in scores[language]:
                have = ", ".join(sorted(scores[language]))
                raise InputError(f"{part.task} has no {metric!r} in {language!r}; it has {have}")
    counted = [language for language in languages if part.pooled and "n" in scores[language]]
    if counted and len(counted) < len(languages):
        raise InputError(f"{part.task} has no 'n' in {min(set(languages) - set(counted))!r}, and others have")
    weights = {language: scores[language]["n"] if counted else 1.0 for language in languages}
    total = math.fsum(weights.values())
    return statistics.fmean(
        math.fsum(weights[language] * scores[language][metric] for language in languages) / total
        for metric in part.metrics
    )


def _whole(values: Sequence[float | None]) -> float | None:
    """The mean, or None if any value is missing."""
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known and len(known) == len(values) else None


def _part(task: str, group: str, languages: str, *metrics: str, pooled: bool = False) -> TaskPart:
    return TaskPart(task, group, tuple(languages.split()), metrics, pooled)


_XNLI = "ar bg de el en es fr hi ru sw th tr ur vi zh"
_POS = "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh"
_NER = (
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi "
    "yo zh"
)
_XQUAD = "ar de el en es hi ru th tr vi zh"
_MLQA = "ar de en es hi vi zh"
_TYDIQA = "ar bn en fi id ko ru sw te"
_TATOEBA = "af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te th tl tr ur vi zh"
_SQUAD, _MLQA_METRICS = ("squad_em", "squad_f1"), ("mlqa_em", "mlqa_f1")

XTREME = Benchmark(
    "xtreme",
    (
        _part("xnli", "classification", _XNLI, "accuracy"),
        _part("pawsx", "classification", "de en es fr ja ko zh", "accuracy"),
        _part("udpos", "structured prediction", _POS, "chunk_f1"),
        _part("panx", "structured prediction", _NER, "chunk_f1"),
        _part("xquad", "question answering", _XQUAD, *_SQUAD),
        _part("mlqa", "question answering", _MLQA, *_MLQA_METRICS),
        _part("tydiqa", "question answering", _TYDIQA, *_SQUAD),
        _part("bucc", "retrieval", "de fr ru zh", "bucc_f1"),
        _part("tatoeba", "retrieval", _TATOEBA, "retrieval_accuracy"),
    ),
    "Hu et al. 2020, arXiv 2003.11080",
)

# The paper's ten tasks in its four groups. The public script has no languages, reader or metric for LAReQA, and puts
# XCOPA into two groups, so it cannot give this mean.
XTREME_R = Benchmark(
    "xtreme-r",
    (
        _part("xnli", "classification", _XNLI, "accuracy"),
        _part("xcopa", "classification", "et ht id it qu sw ta th tr vi zh", "accuracy"),
        _part("udpos", "structured prediction", f"{_POS} lt pl ro uk wo", "chunk_f1"),
        _part("panx", "structured prediction", f"{_NER} az gu lt pa pl qu ro uk", "chunk_f1"),
        _part("xquad", "question answering", f"{_XQUAD} ro", *_SQUAD),
        _part("mlqa", "question answering", _MLQA, *_MLQA_METRICS),
        _part("tydiqa", "question answering", _TYDIQA, *_SQUAD),
        _part("tatoeba", "retrieval", f"{_TATOEBA} az lt pl ro uk", "retrieval_accuracy"),
        _part("mewslix", "retrieval", "ar de en es fa ja pl ro ta tr uk", "map_at_20"),
        _part("lareqa", "retrieval", _XQUAD, "map_at_20", pooled=True),
    ),
    "Ruder et al. 2021, arXiv 2104.07412",
)

BENCHMARKS: Mapping[str, Benchmark] = {benchmark.name: benchmark for benchmark in (XTREME, XTREME_R)}
