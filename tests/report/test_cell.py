"""A cell's table, notes and benchmark scores from small records; means and task scores are worked out by hand."""

import pytest

from adaptstilts.metrics.benchmarks import XTREME
from tests.report.plainly import table
from tests.report.records import HUB, LANGUAGES, challenge_record, records

PAWSX = ("de", "en", "es", "fr", "ja", "ko", "zh")


def test_a_challenge_set_is_no_column():
    transfer, scores = records(attacks=("swap",))
    scores.append(challenge_record(transfer, "noisy_xnli", {"en": 0.9, "de": 0.5, "hi": 0.7}))
    scores.append(challenge_record(transfer, "hans", {"en": 0.25}, exposure="unseen"))
    shown = table(transfer, scores)
    assert shown.columns == ("clean", "swap") and list(shown.scores) == list(LANGUAGES)
    noisy, hans = shown.challenges
    assert (noisy.name, noisy.mean) == ("noisy_xnli", pytest.approx(0.6))
    assert [(line.language, line.n, line.score, line.chance) for line in hans.lines] == [("en", 30, 0.25, 0.5)]
    assert (hans.mean, hans.exposure) == (None, "unseen")


def test_an_attack_that_stands_there_twice_is_told_apart():
    transfer, scores = records(attacks=("swap", "swap", "swap", "greedy"))
    scores[1]["spec"]["severity"] = 0.05
    scores[3]["spec"] |= {"severity": 0.1, "texts": "0123456789abcdef"}
    scores[4]["spec"]["severity"] = 0.0
    shown = table(transfer, scores)
    assert shown.columns == ("clean", "swap 0.05", "swap 0.1", "swap from 01234567", "greedy")
    scores[1]["spec"] |= {"severity": 0.1, "limits": {"max_length": 64}}
    scores[1]["key"] = "0" * 16
    assert len(set(table(transfer, scores).columns)) == 5


def test_a_language_that_an_attack_lacks_is_na():
    transfer, scores = records(attacks=("swap",))
    del scores[1]["scores"]["qac"]
    shown = table(transfer, scores)
    assert shown.scores["qac"] == {"clean": pytest.approx(0.9137 - 3 * 0.0613), "swap": None}
    assert shown.mean["swap"] is not None


def test_what_an_attack_did_over_the_other_languages():
    transfer, scores = records(attacks=("swap",), languages=("en", "qaa", "qab"))
    scores[1]["scores"]["qaa"] |= {"survival": 0.5, "queries": 2.0, "unknown": 0.25}
    scores[1]["scores"]["qab"] |= {"survival": 1.0, "queries": 5.0, "unknown": 0.75}
    for language in ("qaa", "qab"):
        scores[1]["scores"][language].pop("blank")
    (swap,) = table(transfer, scores).attacks
    assert (swap.total.survival, swap.total.queries, swap.total.n) == (0.75, 3.5, 800)
    assert (swap.total.unknown, swap.total.blank) == (0.5, None)  # records from before they were counted have none
    assert swap.total.reached == 372 + 373 and swap.radius is None
    assert [one.language for one in swap.languages] == ["en", "qaa", "qab"]


def test_every_note():
    transfer, scores = records(attacks=("swap", "diacritics"))
    transfer["standins"] = {"ccg": "udpos"}
    transfer["notes"] = ["fusion runs as `adapters` runs it"]
    transfer["provenance"]["backbone"] = {"name": "x", "hub": "x", "init": "random"}
    scores[0]["scores"]["qaa"]["truncated"] = 4
    scores[2]["scores"] = {language: {"n/a": "no such script"} for language in LANGUAGES}
    scores[1]["scores"]["qaf"] = {"n/a": "no row could be changed"}
    scores.append(challenge_record(transfer, "hans", {"en": 0.25}, "seen", split="dev", truncated=2))
    told = table(transfer, scores).notes
    assert told == (
        "ccg was trained on udpos in its place",
        "the backbone is randomly initialised: these scores say nothing about the model of that name",
        "the target's data are 'related' to these adapters",
        "scored on dev rows for want of a test split: qab",
        "4 inputs were cut to the length limit",
        "hans: scored on dev rows for want of a test split: en",
        "hans: 2 inputs were cut to the length limit",
        "hans: its data are 'seen' to these adapters",
        "swap: n/a in qaf (no row could be changed)",
        "diacritics: n/a (no such script)",
        "fusion runs as `adapters` runs it",
    )


def test_nothing_to_note():
    transfer, scores = records(languages=("en", "qaa"))
    for known in scores:
        known["exposure"] = "unseen"
    assert table(transfer, scores).notes == ()


def test_the_benchmarks_own_score():
    """XTREME's PAWS-X is the plain mean over its seven languages, English included (Hu et al. 2020)."""
    transfer, scores = records(languages=PAWSX, attacks=(), data=HUB)
    for language, value in zip(PAWSX, (0.8, 0.95, 0.85, 0.85, 0.7, 0.7, 0.75), strict=True):
        scores[0]["scores"][language]["accuracy"] = value
    (found,) = table(transfer, scores).benchmarks
    assert found.score.score == pytest.approx(0.8) and found.score.without_source == pytest.approx(4.65 / 6)
    assert found.said == (
        "XTREME task score 80.0 (the mean of accuracy over its 7 languages; 77.5 without en); on at most 400 rows a "
        "language, so no published score compares"
    )
    scores[0]["spec"]["rows"] = 401  # a limit that no language reaches
    assert table(transfer, scores).benchmarks[0].said.endswith("without en)")
    scores[0]["spec"].pop("rows")
    assert table(transfer, scores).benchmarks[0].said.endswith("without en)")


def test_missing_languages_are_named():
    transfer, scores = records(languages=("en", "de", "fr"), attacks=(), data=HUB)
    (found,) = table(transfer, scores).benchmarks
    assert found.score.score is None
    assert found.said == "XTREME: no task score, for 4 of its 7 languages are not scored: es ja ko zh"


def test_generated_rows_are_no_benchmarks():
    transfer, scores = records()
    assert XTREME.part(transfer["target"]) and table(transfer, scores).benchmarks == ()


def test_both_benchmarks_of_a_question_answering_task():
    languages = ["en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh"]
    transfer, scores = records(languages=languages, target="xquad", attacks=(), data=HUB)
    scores[0]["metric"] = "squad_f1"
    for cells in scores[0]["scores"].values():
        cells |= {"squad_em": 0.6, "squad_f1": 0.8}
    first, second = table(transfer, scores).benchmarks
    assert (first.benchmark, first.score.score) == ("xtreme", pytest.approx(0.7))
    assert (second.benchmark, second.score.missing) == ("xtreme-r", ("ro",))
