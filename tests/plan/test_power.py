"""Power: the reference's simulated table, tabled quantiles, and what more orderings, heads and seeds buy."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from adaptstilts.plan.sweeps.orderings import orderings
from adaptstilts.statistics.clustered_interval import Interval, interval
from adaptstilts.statistics.power import NULLS, Power, Spread, power_of, row_error

LEVELS = (1, 2, 4, 6, 9)
TABLE = [  # orderings, heads, sd between models, points per doubling, power: the project's reference on the protocol, section 2.3
    (5, 6, 2.5, 0.5, 0.36),
    (5, 6, 2.5, 1.0, 0.93),
    (8, 8, 2.5, 0.5, 0.80),
    (8, 8, 2.5, 1.0, 1.00),
    (10, 8, 2.5, 0.5, 0.88),
    (5, 6, 1.0, 0.5, 0.91),
]


@pytest.mark.parametrize(("orderings", "heads", "model", "slope", "power"), TABLE)
def test_the_table_of_the_reference(orderings, heads, model, slope, power):
    assert Power(orderings, heads, LEVELS, spread=Spread(model, 0.15)).at(slope) == pytest.approx(power, abs=0.03)


def test_the_level_is_held():
    """The reference simulates .005 to .05 for the two-way test at a nominal .05."""
    for rows, heads in ((5, 6), (8, 8), (5, 8), (9, 7)):
        assert 0.005 <= Power(rows, heads, LEVELS).at(0.0) <= 0.05


@pytest.mark.parametrize(
    ("share", "df", "value"),
    [(0.975, 1, 12.706), (0.975, 2, 4.303), (0.975, 4, 2.776), (0.975, 7, 2.365), (0.975, 30, 2.042), (0.95, 5, 2.015)],
)
def test_quantiles_are_those_of_printed_tables(share, df, value):
    """Percentage points of Student's t as every printed table has them."""
    found = Interval(0.0, 1.0, df, 1.0, 0.0, 0.0, 0.95, 2, 2)
    assert found.reach(2 * share - 1) == pytest.approx(value, abs=6e-4)


def test_the_variance_is_that_of_two_one_way_clusterings():
    """By hand for a table whose rows alone differ: the clustering by rows is all there is."""
    slopes = np.array([[1.0, 1.0, 1.0], [3.0, 3.0, 3.0]])
    found = interval(slopes, floored=True)
    assert found.se**2 == pytest.approx(2 / 1 * (3**2 + 3**2) / 36)
    assert found.se == pytest.approx(interval(slopes.T, floored=True).se)


def test_more_of_anything_detects_less():
    base = Power(5, 6, LEVELS).detectable()
    for better in (Power(8, 6, LEVELS), Power(5, 8, LEVELS), Power(5, 6, LEVELS, seeds=3)):
        assert better.detectable() < base
    assert Power(5, 6, (1, 2)).detectable() > base
    assert Power(5, 6, LEVELS).at(base) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(("rows", "languages", "attacks"), [(100, 6, 2), (400, 3, 1), (1000, 14, 5)])
def test_the_error_of_test_rows_is_that_of_binomial_draws(rows, languages, attacks):
    """Against draws: shares of numpy's binomials near 85 and 65 %, scipy's probits, their means; in points where 65 % are scored."""
    rng, size = np.random.default_rng(3), (6000, languages)
    clean = norm.ppf(rng.binomial(rows, 0.85, size) / rows)
    attacked = norm.ppf(rng.binomial(rows, 0.65, (*size, attacks)) / rows)
    costs = clean.mean(-1) - attacked.mean((-2, -1))
    assert row_error(rows, languages, attacks) == pytest.approx(100 * norm.pdf(norm.ppf(0.65)) * costs.std(), rel=0.05)


def test_test_rows_that_err_find_less():
    """With their orderings known or not; where they do not err the numbers are what they were."""
    for base in (Power(5, 3, LEVELS), replace(drawn(16, 8, (0, 1, 2, 4, 8)), heads=3)):
        least = [
            replace(base, row_errors=errors).detectable()
            for errors in ((), (0.0,) * 3, (0.5, 0.5, 3.0), (3.0,) * 3, (9.0,) * 3)
        ]
        assert least[0] == least[1] < least[2] < least[3] < least[4]
        assert replace(base, row_errors=(3.0,) * 3).at(0.0) <= 0.06


def test_without_two_of_each_there_is_no_test():
    for design in (
        Power(1, 6, LEVELS),
        Power(5, 1, LEVELS),
        Power(5, 6, (0, 1)),
        power_of(5, ["", "", "xnli"], LEVELS),
    ):
        assert design.detectable() is None and design.as_dict()["power_at_1_point"] is None
    assert power_of(5, ["xquad", "xquad", "xnli", ""], (0, 1, 2)).heads == 2


def drawn(size, number, k, **more):
    orders = orderings([f"task{n:02}" for n in range(size)], number)
    return power_of(number, ["a", "b", "c", "d", "e"], k, orders=orders, references=14, **more)


def test_a_design_knows_which_tasks_its_models_hold():
    """Orderings that end in one set: an honest interval finds next to nothing where the plain test seems to find a lot."""
    room, ends = drawn(16, 8, (0, 1, 2, 4, 8)), drawn(8, 8, (0, 1, 2, 4, 8))
    plain = Power(8, 5, (1, 2, 4, 8)).detectable()  # it does not see what models hold
    assert plain < room.detectable() < 0.8 * ends.detectable() and plain < ends.detectable() / 2
    for power in (room, ends):
        assert set(power.errs()) == set(NULLS) and max(power.errs().values()) <= 0.06


def test_what_a_design_cannot_do_is_said():
    assert drawn(16, 8, (0, 1, 2, 4, 8)).doubts == ()
    assert "half the pool" in drawn(8, 8, (1, 2, 4, 8)).doubts[0]
    (alone,) = power_of(8, ["a", "b"], (1, 2, 4)).doubts
    assert "sweep.reference" in alone
    assert "no test of a slope" in power_of(1, ["a", "b"], (1, 2, 4), references=12).doubts[0]
