"""XTREME and XTREME-R, against the public scorer's own numbers (xtreme_golden.py says how they were made) and published rows."""

import json
import math
from pathlib import Path

import pytest

from adaptstilts.errors import InputError
from adaptstilts.metrics.accuracy import accuracy
from adaptstilts.metrics.benchmarks import BENCHMARKS, XTREME, XTREME_R, standing, task_score
from adaptstilts.metrics.bucc import pair_scores
from adaptstilts.metrics.chunks import chunk_scores
from adaptstilts.metrics.mlqa import mlqa
from adaptstilts.metrics.retrieval import average_precision
from adaptstilts.metrics.squad import squad_v1
from adaptstilts.tasks import TASKS
from tests.metrics import xtreme_golden

GOLDEN = json.loads(Path(__file__).with_name("xtreme_golden.json").read_text(encoding="utf-8"))
THEIRS = {"bucc": "bucc2018"}
NAMES = {"squad_em": "exact_match", "squad_f1": "f1", "mlqa_em": "exact_match", "mlqa_f1": "f1", "chunk_f1": "f1",
         "chunk_precision": "precision", "chunk_recall": "recall", "bucc_f1": "f1", "bucc_precision": "precision",
         "bucc_recall": "recall", "accuracy": "accuracy", "retrieval_accuracy": "accuracy", "map_at_20": "map@20"}  # fmt: skip
GROUPS = {"structured prediction": "tagging", "question answering": "qa"}


def scored(task, language):
    """Our metrics of the golden data, named as records name them."""
    gold, said = xtreme_golden.make(THEIRS.get(task, task), language)
    if task in ("udpos", "panx"):
        return {f"chunk_{name}": value for name, value in chunk_scores(gold, said).items()}
    if task in ("xquad", "tydiqa"):
        return {f"squad_{name}": value for name, value in squad_v1(said, gold).items()}
    if task == "mlqa":
        return {f"mlqa_{name}": value for name, value in mlqa(said, gold, language).items()}
    if task == "bucc":
        split = [{tuple(line.split("\t")) for line in lines} for lines in (said, gold)]
        return {f"bucc_{name}": value for name, value in pair_scores(*split).items()}
    if task == "mewslix":
        ranks = [average_precision(said.get(key, []), {ids[0].strip()}) for key, ids in gold.items()]
        return {"map_at_20": math.fsum(ranks) / len(ranks)}
    return {"retrieval_accuracy" if task == "tatoeba" else "accuracy": accuracy(gold, said)}


@pytest.fixture(scope="module")
def ours():
    """Our scores of the golden data by benchmark, task and language; the public scorer has no LAReQA."""
    return {
        name: {
            part.task: {language: scored(part.task, language) for language in part.languages}
            for part in benchmark.parts
            if part.task != "lareqa"
        }
        for name, benchmark in BENCHMARKS.items()
    }


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_every_metric_of_every_language_is_the_public_scorers(ours, name):
    compared = 0
    for task, languages in ours[name].items():
        theirs = GOLDEN[name]["tasks"][THEIRS.get(task, task)]
        for language, metrics in languages.items():
            for metric, value in metrics.items():
                assert 100 * value == pytest.approx(theirs[NAMES[metric]][language], abs=1e-9), (task, language, metric)
                compared += 1
    assert compared > 300


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_task_scores_are_the_public_scorers(ours, name):
    found = standing(BENCHMARKS[name], ours[name])
    theirs = {task: detail["avg_metric"] for task, detail in GOLDEN[name]["tasks"].items()}
    mine = {THEIRS.get(task, task): 100 * t.score for task, t in found.tasks.items() if t.score is not None}
    assert mine == pytest.approx(theirs, abs=1e-9)


def test_groups_and_overall_of_xtreme_are_the_public_scorers(ours):
    found, theirs = standing(XTREME, ours["xtreme"]), GOLDEN["xtreme"]["overall"]
    assert 100 * found.overall == pytest.approx(theirs["all_task"], abs=1e-9)
    for group, value in found.groups.items():
        assert 100 * value == pytest.approx(theirs[GROUPS.get(group, group)], abs=1e-9)
    assert found.missing == ()


def test_xtreme_r_is_the_mean_of_ten_tasks(ours):
    scores = ours["xtreme-r"]
    found = standing(XTREME_R, scores)
    assert (found.overall, found.groups["retrieval"], found.missing) == (None, None, ("lareqa",))
    scores = {**scores, "lareqa": {key: {"map_at_20": 0.4} for key in XTREME_R.part("lareqa").languages}}
    whole = standing(XTREME_R, scores)
    theirs = [detail["avg_metric"] for detail in GOLDEN["xtreme-r"]["tasks"].values()]
    assert len(theirs) == 9
    assert 100 * whole.overall == pytest.approx((sum(theirs) + 40) / 10, abs=1e-9)
    assert 100 * whole.groups["classification"] == pytest.approx(
        GOLDEN["xtreme-r"]["overall"]["classification"], abs=1e-9
    )


# Ruder et al. 2021, table 1, and Hu et al. 2020, table 1: how many languages each task has.
COUNTS = {
    "xtreme": {"xnli": 15, "pawsx": 7, "udpos": 33, "panx": 40, "xquad": 11, "mlqa": 7, "tydiqa": 9, "bucc": 4,
               "tatoeba": 36},
    "xtreme-r": {"xnli": 15, "xcopa": 11, "udpos": 38, "panx": 48, "xquad": 12, "mlqa": 7, "tydiqa": 9, "tatoeba": 41,
                 "mewslix": 11, "lareqa": 11},
}  # fmt: skip


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_as_many_tasks_and_languages_as_the_papers_count(name):
    assert {part.task: len(part.languages) for part in BENCHMARKS[name].parts} == COUNTS[name]
    assert all(len(set(part.languages)) == len(part.languages) for part in BENCHMARKS[name].parts)


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_every_part_is_a_declared_task_in_all_its_languages(name):
    for part in BENCHMARKS[name].parts:
        assert set(part.languages) <= set(TASKS.get(part.task).languages), part.task


# XLM-R Large on XTREME as published (Hu et al. 2020, table 2): task scores, and the average that the paper prints.
XLMR_LARGE = {"xnli": [0.792], "pawsx": [0.864], "udpos": [0.726], "panx": [0.654], "xquad": [0.608, 0.766],
              "mlqa": [0.532, 0.716], "tydiqa": [0.450, 0.651], "bucc": [0.660], "tatoeba": [0.573]}  # fmt: skip


def published(benchmark, rows):
    """Every language at its task's published mean."""
    return {
        part.task: {key: dict(zip(part.metrics, rows[part.task], strict=True)) for key in part.languages}
        for part in benchmark.parts
    }


def test_a_published_row_of_xtreme_reconciles():
    assert round(100 * standing(XTREME, published(XTREME, XLMR_LARGE)).overall, 1) == 68.1


def test_without_the_source_language():
    scores = {"en": {"accuracy": 0.9}, **{key: {"accuracy": 0.6} for key in ["de", "es", "fr", "ja", "ko", "zh"]}}
    found = task_score(XTREME.part("pawsx"), scores)
    assert found.without_source == pytest.approx(0.6)
    assert found.score == pytest.approx((0.9 + 6 * 0.6) / 7)
    assert task_score(XTREME.part("pawsx"), scores, source="de").without_source == pytest.approx((0.9 + 5 * 0.6) / 6)
    copa = {key: {"accuracy": 0.7} for key in XTREME_R.part("xcopa").languages}  # no English in it
    assert task_score(XTREME_R.part("xcopa"), copa).without_source == pytest.approx(0.7)


def test_what_is_missing_is_named_and_never_averaged_over():
    rows = published(XTREME, XLMR_LARGE)
    del rows["xnli"]["sw"], rows["xnli"]["ur"], rows["bucc"]
    found = standing(XTREME, rows)
    assert found.overall is None
    assert found.missing == ("xnli: sw ur", "bucc")
    assert (found.groups["classification"], found.groups["retrieval"]) == (None, None)
    assert found.groups["question answering"] is not None
    assert found.tasks["xnli"].without_source is None


def test_languages_and_tasks_beyond_the_benchmark_count_for_nothing():
    rows = published(XTREME, XLMR_LARGE)
    rows["xquad"]["ro"] = {"squad_em": 0.0, "squad_f1": 0.0}  # XTREME-R's
    rows["belebele"] = {"en": {"accuracy": 1.0}}
    assert standing(XTREME, rows) == standing(XTREME, published(XTREME, XLMR_LARGE))


def test_a_language_without_the_metric_is_refused():
    with pytest.raises(InputError, match="'squad_em' in 'ar'"):
        task_score(XTREME.part("xquad"), {key: {"squad_f1": 1.0} for key in XTREME.part("xquad").languages})


def test_lareqas_mean_is_over_questions():
    """Of eleven languages one has three times as many: its score counts three times among thirteen."""
    part = XTREME_R.part("lareqa")
    scores = {code: {"map_at_20": 0.2, "n": 10} for code in part.languages}
    scores["el"] = {"map_at_20": 0.8, "n": 30}
    found = task_score(part, scores)
    assert found.score == pytest.approx((10 * 0.2 + 3 * 0.8) / 13)
    assert found.without_source == pytest.approx((9 * 0.2 + 3 * 0.8) / 12)
    bare = {code: {"map_at_20": kept["map_at_20"]} for code, kept in scores.items()}
    assert task_score(part, bare).score == pytest.approx((10 * 0.2 + 0.8) / 11)
    mixed = {**scores, "en": {"map_at_20": 0.2}}
    with pytest.raises(InputError, match="lareqa has no 'n' in 'en'"):
        task_score(part, mixed)
