"""Texts and vectors against what XTREME's own scorers made of them (reference_golden.py says how the numbers came about)."""

import json
from pathlib import Path

import numpy as np
import pytest

from adaptstilts.metrics import bucc, mlqa, retrieval, squad
from tests.metrics import reference_golden as made
from tests.metrics.searching import found_by_matching, scored_by_ranking

GOLDEN = json.loads(Path(__file__).with_name("reference_golden.json").read_text(encoding="utf-8"))


def test_squad_v1():
    pairs = made.texts("squad", 200)
    assert len(GOLDEN["squad"]) == len(pairs)
    for (said, gold), (tokens, exact, f1) in zip(pairs, GOLDEN["squad"], strict=True):
        assert " ".join(squad.normalise(said)) == tokens
        assert (squad.exact(said, gold), squad.f1(said, gold)) == (float(exact), pytest.approx(f1, abs=1e-12))
    scores = squad.squad_v1(
        {str(i): said for i, (said, _) in enumerate(pairs)}, {str(i): [gold] for i, (_, gold) in enumerate(pairs)}
    )
    assert scores["em"] == pytest.approx(sum(exact for _, exact, _ in GOLDEN["squad"]) / 200, abs=1e-12)


@pytest.mark.parametrize("language", made.LANGUAGES)
def test_mlqa(language):
    normalise = mlqa.normaliser(language)
    for (said, gold), (tokens, exact, f1) in zip(made.texts(language), GOLDEN["mlqa"][language], strict=True):
        assert " ".join(mlqa.normalise(said, language)) == tokens, said
        assert squad.exact(said, gold, normalise) == float(exact)
        assert squad.f1(said, gold, normalise) == pytest.approx(f1, abs=1e-12)


def test_the_texts_meet_the_traps():
    seen = "".join(a + b for name in ("squad", *made.LANGUAGES) for a, b in made.texts(name))
    for trap in ("“", "—", "…", "।", "，", "؟", "\u200b", "a\u0301", "İ", "ẞ", "ΟΔΟΣ", "€", "°", "＋", "～", "أل", "ٱل",
                 "\ufefb", "la\u0300", "\u9fa6", "\u3400", "\U00020000", "\uf900", "か", "ไทย", "\u3000"):  # fmt: skip
        assert trap in seen
    empty = [1 for a, b in made.texts("squad", 200) if not squad.normalise(a) and not squad.normalise(b)]
    assert len(empty) > 10, "no pair without tokens, whose exact match is 1 and whose F1 is 0"


@pytest.mark.parametrize("number", range(6))
def test_tatoeba(number):
    foreign, english = (np.array(side, dtype=np.float32) for side in made.translations(number))
    assert found_by_matching(english, foreign) == GOLDEN["tatoeba"][number]


def test_tatoeba_cases_hold_ties_and_zero_vectors_that_win():
    assert {found[0] for found in GOLDEN["tatoeba"]} == {7}  # rows 7, 21 and 22 tie
    assert {found[1] for found in GOLDEN["tatoeba"]} == {3}
    assert any(11 in found for found in GOLDEN["tatoeba"][1::2])


def mined(part):
    left, right, source, target, gold = made.piles(part)
    return bucc.mine(left, right, np.array(source), np.array(target)), set(gold)


@pytest.mark.parametrize("number", range(5))
def test_bucc(number):
    expected = GOLDEN["bucc"][number]
    (dev, gold), (test, _) = mined(2 * number), mined(2 * number + 1)
    assert {(i, j) for _, i, j in dev} == {(i, j) for _, i, j in expected["candidates"]}
    theirs = {(i, j): score for score, i, j in expected["candidates"]}
    assert {(i, j): score for score, i, j in dev} == pytest.approx(theirs, rel=1e-5)
    threshold = bucc.best_threshold(dev, gold)
    assert threshold == pytest.approx(expected["threshold"], rel=1e-5)
    for what, found in (("dev", dev), ("test", test)):  # the threshold of dev is applied to test
        pairs = sorted(f"{i}\t{j}" for i, j in bucc.kept(found, threshold))
        assert pairs == expected["kept"][what]


def test_bucc_piles_hold_copies():
    left, *_ = made.piles(0)
    assert len(set(left)) < len(left) and len({line.strip() for line in left}) < len(set(left))
    found = {i for i, _ in {(i, j) for _, i, j in mined(0)[0]}}
    assert not found & {1, 2, 3, 4, 9, 10}


@pytest.mark.parametrize("k", ["20", "5", "1", "None"])
@pytest.mark.parametrize("number", range(4))
def test_lareqa(number, k):
    """The reference takes plain dot products, the kind cosines: its rankings are equal where vectors have length 1."""
    asked, pool, answers = made.questions(number)
    cut = None if k == "None" else int(k)
    ranked = np.argsort(-np.array(asked) @ np.array(pool).T, axis=1, kind="stable").tolist()
    scores = [retrieval.average_precision(line, wanted, cut) for line, wanted in zip(ranked, answers, strict=True)]
    assert sum(scores) / len(scores) == pytest.approx(GOLDEN["lareqa"][number][k], abs=1e-12)


@pytest.mark.parametrize("number", range(4))
def test_ranking_gives_the_reference_scorers_precision(number):
    asked, pool, answers = (np.array(side) if i < 2 else side for i, side in enumerate(made.questions(number)))
    unit = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in (asked, pool)]
    ranked = np.argsort(-unit[0] @ unit[1].T, axis=1, kind="stable").tolist()
    scores = [retrieval.average_precision(line, wanted) for line, wanted in zip(ranked, answers, strict=True)]
    assert scored_by_ranking(asked, pool, answers) == pytest.approx(sum(scores) / len(scores), abs=1e-12)
