"""The checks of attacks on records whose numbers say what must come out (rules of Carlini et al. 2019, arXiv 1902.06705)."""

import json

import pytest

from tests.report.plainly import checks, page, table
from tests.report.records import records
from tests.store.filled import whole


def ran(attack, robust, budget=0, severity=0.0, reached=200, texts=""):
    """A record of an attack in two languages with 90 % right when clean; `robust` may differ by language."""
    both = robust if isinstance(robust, tuple) else (robust, robust)
    cells = {
        language: {"n": reached, "reached": reached, "clean": 0.9, "worst_case": value, "accuracy": value}
        for language, value in zip(("en", "de"), both, strict=True)
    }
    spec = {"budget": budget, "severity": severity} | ({"texts": texts} if texts else {})
    return whole("score", attack=attack, spec=spec, scores=cells)


def verdicts(*found):
    return [(check.rule.split(":")[0], check.holds) for check in checks(found)]


@pytest.mark.parametrize(
    ("white", "black", "floor", "holds"),
    [
        (0.2, 0.3, 0.4, "yes"),
        (0.3, 0.3, 0.3, "yes"),
        (0.3, 0.28, 0.4, "within error"),
        (0.2, 0.5, 0.4, "no"),
        (0.6, 0.3, 0.4, "no"),
    ],
)
def test_who_must_beat_whom(white, black, floor, holds):
    found = [ran("gradient", white, 50), ran("greedy", black, 50), ran("beam", 0.9, 50), ran("random", floor, 50)]
    (check,) = checks(found)
    assert check.holds == holds
    said = f"budget 50: random {100 * floor:.1f}, greedy {100 * black:.1f}, gradient {100 * white:.1f}"
    assert check.found == said and said in check.said


def test_only_equal_budgets_and_rows_are_held_against_each_other():
    assert verdicts(ran("greedy", 0.9, 50), ran("random", 0.1, 60)) == []
    assert verdicts(ran("greedy", 0.9, 50), ran("random", 0.1, 50, reached=199)) == []
    assert verdicts(ran("greedy", 0.9, 50), ran("random", 0.1, 50, texts="f" * 16)) == []
    assert verdicts(ran("greedy", 0.9, 50), ran("random", 0.1, 50)) == [
        ("random search, black box, white box", "no"),
    ]


def test_more_of_anything_leaves_no_more():
    rising = [ran("greedy", 0.3, 50), ran("greedy", 0.5, 200), ran("greedy", 0.6, 100)]
    (check,) = checks(rising)
    assert (check.rule, check.found, check.holds) == (
        "greedy: a larger budget leaves no more", "50: 30.0, 100: 60.0, 200: 50.0", "no",
    )  # fmt: skip
    assert verdicts(ran("swap", 0.5, severity=0.05), ran("swap", 0.4, severity=0.2)) == [("swap", "yes")]
    radii = [ran("pgd", 0.1, 60, 0.2), ran("pgd", 0.5, 60, 0.1)]
    (check,) = checks(radii)
    assert (check.rule, check.found, check.holds) == (
        "pgd: a larger radius leaves no more",
        "0.1: 50.0, 0.2: 10.0",
        "yes",
    )


def test_descent_against_noise_of_its_norm_and_without_bounds():
    assert verdicts(ran("pgd", 0.4, 60, 1.0), ran("gaussian", 0.81, 60, 1.0))[0][1] == "yes"
    assert verdicts(ran("pgd", 0.4, 60, 1.0), ran("gaussian", 0.79, 60, 1.0))[0][1] == "no"
    assert verdicts(ran("pgd", 0.9, 60, 1.0), ran("gaussian", 0.9, 60, 1.0))[0][1] == "no"
    assert verdicts(ran("pgd", 0.4, 60, 1.0), ran("gaussian", 0.81, 60, 0.5)) == []
    assert verdicts(ran("pgd", 0.01, 60, 10.0)) == [("descent in a huge ball leaves about nothing", "yes")]
    assert verdicts(ran("pgd", 0.2, 60, 10.0)) == [("descent in a huge ball leaves about nothing", "no")]


def test_scores_are_weighted_by_the_rows_reached():
    two = [ran("greedy", (0.2, 0.6), 50), ran("random", (0.5, 0.5), 50)]
    for record in two:
        record["scores"]["de"].update(n=600, reached=600)
        record["scores"]["hi"] = {"n/a": "no such script"}
    assert checks(two)[0].found == "budget 50: random 50.0, greedy 50.0"


def test_a_cell_prints_its_checks():
    transfer, scores = records(attacks=("greedy", "random"))
    for record, value in zip(scores[1:], (0.9, 0.1), strict=True):
        record["spec"]["budget"] = 30
        for cells in record["scores"].values():
            cells |= {"reached": 100, "worst_case": value}
    (check,) = table(transfer, scores).checks
    assert check.holds == "no"
    assert f"<strong>{check.said}</strong>" in page(transfer, json.loads(json.dumps(scores)))
    assert table(*records(attacks=("swap", "greedy"))).checks == ()
